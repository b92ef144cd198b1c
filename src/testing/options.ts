import { UsageError } from '../contract/usageError.js'
import { asTyped } from '../harness/quote.js'
import { parseInteger } from '../harness/spec.js'

/** A positive whole number, or what stands for it where nothing was typed. */
export function parseCount(option: string, text: string | undefined, standard: number, max: number): number {
  if (text === undefined) return standard
  const thing = `${option} ${asTyped(text)}`
  const value = parseInteger(thing, 'it', text)
  if (value >= 1 && value <= max) return value
  throw new UsageError(thing, `outside 1 to ${max}`, [], `for example ${option} ${value < 1 ? 1 : max}`)
}

/** Least and most of a stress run. */
const MIN_MINUTES = 0.01
const MAX_MINUTES = 10_000

/** `10` or `0.5`, in milliseconds. */
export function parseMinutes(option: string, text: string): number {
  const thing = `${option} ${asTyped(text)}`
  if (!/^-?\d+(\.\d+)?$/.test(text))
    throw new UsageError(thing, 'not a number of minutes', [], 'write decimal digits, for example 10 or 0.5')
  const minutes = Number(text)
  if (minutes >= MIN_MINUTES && minutes <= MAX_MINUTES) return minutes * 60_000
  const nearest = minutes < MIN_MINUTES ? MIN_MINUTES : MAX_MINUTES
  throw new UsageError(
    thing,
    `outside ${MIN_MINUTES} to ${MAX_MINUTES}`,
    [],
    `for example ${option} ${nearest}`,
  )
}

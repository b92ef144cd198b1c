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

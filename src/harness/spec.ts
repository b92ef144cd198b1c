import { UsageError } from '../contract/usageError.js'
import { meant, nearestFirst } from './nearest.js'
import { asTyped } from './quote.js'
import { splitParts } from './splitParts.js'

/**
 * One entry of `--strategy` or `--workload`: `batched`, `munmap-storm:pages=4;readers=2`, `./mine.js:limit=3`,
 * `deadline-batch:preset=guest-memory;ageUs=1000`, `vmalloc-lazy:lazyMaxPages=64+linux`.
 * `,` separates entries and `;` parameters, so that a list of several entries with several parameters stays one
 * word of the shell's (quoted because of the `;`).
 */
export interface Spec {
  /** As typed, without parameters. */
  name: string
  /** Not yet checked against the module's own specs: only the module knows its names and bounds. */
  parameters: Map<string, number>
  /** The name after `preset=`, not yet checked either; without it: none was given. */
  preset?: string
  /** Of several strategies that run together; the name is then all of theirs, and their parameters stand with them. */
  parts?: readonly Spec[]
}

/** Stands for every strategy or workload. */
export const ALL = 'all'

/** What stands before the name of a preset, in the place of a parameter. */
export const PRESET = 'preset'

/** A name with a path in it, or the name of a module file. */
export function isFileName(name: string): boolean {
  return name.includes('/') || /\.[cm]?[jt]s$/.test(name)
}

/** @param option the option's name, for messages */
export function parseSpecs(option: string, text: string): Spec[] {
  return splitList(option, text).map((entry) => parseSpec(option, entry))
}

export function splitList(option: string, text: string): string[] {
  const entries = text.split(',').map((entry) => entry.trim())
  if (entries.some((entry) => entry === '')) {
    throw new UsageError(
      `${option} ${asTyped(text)}`,
      'an entry of the list is empty',
      [],
      'separate entries by one comma',
    )
  }
  return entries
}

function parseSpec(option: string, entry: string): Spec {
  const thing = `${option} ${asTyped(entry)}`
  const parts = option === '--strategy' ? splitParts(entry) : [entry]
  if (parts.length === 1) return parsePart(thing, entry)
  if (parts.some((part) => part.trim() === ''))
    throw new UsageError(thing, 'a part of the combination has no name', [], 'write NAME+NAME')
  const specs = parts.map((part) => parsePart(thing, part))
  return { name: specs.map(({ name }) => name).join('+'), parameters: new Map(), parts: specs }
}

function parsePart(thing: string, entry: string): Spec {
  // A path may contain a colon itself: the parameters of a file begin after its extension.
  const match = /^(.*\.[cm]?[jt]s)(?::(.*))?$/s.exec(entry) ?? /^([^:]*)(?::(.*))?$/s.exec(entry)
  const name = (match?.[1] ?? entry).trim()
  if (name === '')
    throw new UsageError(thing, 'no name stands before the colon', [], 'write NAME or NAME:parameter=value')
  return { name, ...parseParameters(thing, match?.[2]) }
}

function parseParameters(thing: string, text: string | undefined): Omit<Spec, 'name'> {
  const parameters = new Map<string, number>()
  if (text === undefined) return { parameters }
  let preset: string | undefined
  for (const [index, part] of text.split(';').entries()) {
    const [, name, value] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/s.exec(part) ?? []
    if (name === undefined || value === undefined) {
      const remedy = "write NAME:parameter=value;parameter=value, in quotes because of the ';'"
      throw new UsageError(thing, `${asTyped(part)} is not parameter=value`, [], remedy)
    }
    if (name === PRESET) {
      // What follows it changes it; what stands before it would seem to, and be overridden or not.
      if (index > 0)
        throw new UsageError(thing, 'preset does not stand first', [], `write NAME:preset=${value};...`)
      preset = value
      continue
    }
    if (parameters.has(name))
      throw new UsageError(thing, `parameter ${asTyped(name)} is given twice`, [], 'give it once')
    parameters.set(name, parseInteger(thing, `parameter ${name}`, value))
  }
  return preset === undefined ? { parameters } : { parameters, preset }
}

/** A spec as it is typed again. */
export function specText(name: string, parameters: Readonly<Record<string, number>>): string {
  const texts = parameterTexts(parameters)
  return texts.length === 0 ? name : `${name}:${texts.join(';')}`
}

export function parameterTexts(parameters: Readonly<Record<string, number>>): string[] {
  return Object.entries(parameters).map(([name, value]) => `${name}=${value}`)
}

/** Decimal digits only: `1e3`, `0x10` and `4.0` are refused rather than guessed at. */
export function parseInteger(thing: string, what: string, text: string): number {
  const value = Number(text)
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new UsageError(
      thing,
      `${what} is ${asTyped(text)}, not a whole number`,
      [],
      'write decimal digits, for example 64',
    )
  }
  return value
}

/** @param otherwise the remedy where no known name is near */
export function unknownName(
  thing: string,
  what: string,
  typed: string,
  known: readonly string[],
  otherwise = 'take one of these',
): UsageError {
  const reason = `unknown ${what} ${asTyped(typed)}`
  return new UsageError(thing, reason, nearestFirst(typed, known), meant(typed, known, otherwise))
}

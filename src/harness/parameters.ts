import type { ParameterSpec, ParameterSpecs, Preset } from '../contract/parameter.js'
import { UsageError } from '../contract/usageError.js'
import { PRESET, type Spec, unknownName } from './spec.js'

/** A module's parameters with every value settled, and those that a reader must be told about. */
export interface Resolved {
  values: Record<string, number>
  /** The values that are not the default, by name: what the `params` column shows. */
  shown: Record<string, number>
}

/**
 * Defaults, then `--quick` values, then what the user gave.
 * @param thing what the message names, such as `strategy batched`
 */
export function resolveParameters(
  thing: string,
  specs: ParameterSpecs,
  given: ReadonlyMap<string, number>,
  quick: boolean,
): Resolved {
  const names = Object.keys(specs)
  for (const [name, value] of given) {
    const spec = Object.hasOwn(specs, name) ? specs[name] : undefined
    if (spec === undefined && names.length === 0) {
      throw new UsageError(
        thing,
        `it has no parameters, so ${name} cannot be set`,
        [],
        'leave the parameters out',
      )
    }
    if (spec === undefined) throw unknownName(thing, 'parameter', name, names)
    checkBounds(thing, name, value, spec)
  }
  const values: Record<string, number> = {}
  const shown: Record<string, number> = {}
  for (const name of names) {
    const spec = specs[name]
    const value = given.get(name) ?? (quick ? spec.quick : undefined) ?? spec.default
    values[name] = value
    if (value !== spec.default) shown[name] = value
  }
  return { values, shown }
}

/**
 * What an entry of the command line sets: the values of its preset, and over them the parameters that stand behind it.
 * @param thing what the message names, such as `strategy lazy`
 */
export function givenBy(
  thing: string,
  spec: Pick<Spec, 'parameters' | 'preset'>,
  presets: Readonly<Record<string, Preset>> | undefined,
): ReadonlyMap<string, number> {
  const { preset, parameters } = spec
  if (preset === undefined) return parameters
  const names = Object.keys(presets ?? {})
  if (names.length === 0) {
    const reason = `it has no presets, so ${PRESET}=${preset} cannot be taken`
    throw new UsageError(thing, reason, [], 'leave the preset out')
  }
  if (!names.includes(preset)) throw unknownName(thing, PRESET, preset, names)
  return new Map([...Object.entries(presets?.[preset].values ?? {}), ...parameters])
}

/** A parameter in a strategy, or in each part of a combination that has one of this name. */
export function namedLike(specs: object, name: string): string[] {
  return Object.keys(specs).filter((known) => bareName(known) === name)
}

/** Without the part of a combination that it belongs to. */
export function bareName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}

function checkBounds(thing: string, name: string, value: number, spec: ParameterSpec): void {
  if (value >= spec.min && value <= spec.max) return
  const nearest = value < spec.min ? spec.min : spec.max
  const bounds = `${name} is ${value}, outside ${spec.min} to ${spec.max} ${spec.unit}`
  throw new UsageError(thing, bounds, [], `for example ${name}=${nearest}`)
}

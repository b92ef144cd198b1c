import { KIND_NAMES } from '../contract/change.js'
import { HARDWARE } from '../contract/hardware.js'
import type { ParameterSpec, ParameterSpecs, Preset } from '../contract/parameter.js'
import type { StrategyModule } from '../contract/strategy.js'
import { UsageError } from '../contract/usageError.js'
import type { WorkloadModule } from '../contract/workload.js'
import { meant, nearestFirst } from './nearest.js'
import { resolveParameters } from './parameters.js'
import { asTyped } from './quote.js'
import { ROLE_NAMES } from './roles.js'
import { PRESET } from './spec.js'

/**
 * The shape of a module at run time. A user's own file has not been through our compiler, and a misspelt
 * optional hook would otherwise be ignored without a word.
 */
type Shape = Readonly<Record<string, 'string' | 'function' | 'object'>>

const STRATEGY: Record<keyof Omit<StrategyModule, 'needs' | 'handles' | 'presets'>, Shape[string]> = {
  summary: 'string',
  source: 'string',
  parameters: 'object',
  contract: 'function',
  assumes: 'function',
  words: 'function',
  privateWords: 'function',
  create: 'function',
}

/** What a module may leave out. */
const STRATEGY_OPTIONAL = ['needs', 'handles', 'presets'] as const satisfies readonly (keyof StrategyModule)[]

const WORKLOAD: Record<keyof WorkloadModule, Shape[string]> = {
  summary: 'string',
  source: 'string',
  op: 'string',
  parameters: 'object',
  write: 'function',
}

const PARAMETER_TEXTS = ['unit', 'summary', 'source'] as const
const PARAMETER_NUMBERS = ['default', 'min', 'max'] as const

export function checkStrategyModule(thing: string, exported: unknown): StrategyModule {
  checkShape(thing, exported, STRATEGY, STRATEGY_OPTIONAL)
  const module = exported as unknown as StrategyModule
  if (module.needs !== undefined) checkNeeds(thing, module.needs)
  if (module.handles !== undefined) checkHandles(thing, module.handles)
  checkParameters(thing, module.parameters, [])
  if (module.presets !== undefined) checkPresets(thing, module.presets, module.parameters)
  return module
}

export function checkWorkloadModule(thing: string, exported: unknown): WorkloadModule {
  checkShape(thing, exported, WORKLOAD, [])
  const module = exported as unknown as WorkloadModule
  checkParameters(thing, module.parameters, ROLE_NAMES)
  return module
}

function checkShape(
  thing: string,
  value: unknown,
  shape: Shape,
  optional: readonly string[],
): asserts value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) {
    const remedy = `export default { ${Object.keys(shape).join(', ')} }`
    throw new UsageError(thing, 'its file has no default export that is an object', [], remedy)
  }
  const known = Object.keys(shape)
  const all = [...known, ...optional]
  const stranger = Object.keys(value).find((key) => !all.includes(key))
  // The stranger first: a misspelt field is also a missing one, and its own name says more.
  if (stranger !== undefined) {
    const nearest = nearestFirst(stranger, all)
    const remedy = meant(stranger, all, 'take it out of the default export')
    throw new UsageError(thing, `its module has an unknown field ${asTyped(stranger)}`, nearest, remedy)
  }
  for (const key of known) {
    const found = (value as Record<string, unknown>)[key]
    if (found === undefined)
      throw new UsageError(thing, `its module lacks ${key}`, known, `add ${key} (${shape[key]})`)
    if (typeof found !== shape[key] || found === null) {
      throw new UsageError(thing, `${key} of its module is a ${typeof found}`, [], `make it a ${shape[key]}`)
    }
  }
}

function checkNeeds(thing: string, needs: unknown): void {
  if (!Array.isArray(needs))
    throw new UsageError(
      thing,
      'needs of its module is no list',
      HARDWARE,
      "make it one: needs: ['broadcast']",
    )
  const stranger = needs.find((name) => !(HARDWARE as readonly unknown[]).includes(name))
  if (stranger === undefined) return
  const text = String(stranger)
  const remedy = meant(text, HARDWARE, 'take it out of needs')
  throw new UsageError(
    thing,
    `its module needs the unknown hardware ${asTyped(text)}`,
    nearestFirst(text, HARDWARE),
    remedy,
  )
}

function checkHandles(thing: string, handles: unknown): void {
  if (!Array.isArray(handles) || handles.length === 0) {
    const remedy = 'make it one: handles: [KIND_VMALLOC]'
    throw new UsageError(thing, 'handles of its module is no list of kinds', KIND_NAMES, remedy)
  }
  const stranger: unknown = handles.find((kind) => KIND_NAMES[kind as number] === undefined)
  if (stranger === undefined) return
  const reason = `its module handles the unknown kind ${asTyped(JSON.stringify(stranger))}`
  throw new UsageError(thing, reason, KIND_NAMES, 'take the constants of contract/change')
}

function checkPresets(thing: string, presets: unknown, specs: ParameterSpecs): void {
  if (typeof presets !== 'object' || presets === null)
    throw new UsageError(thing, 'presets of its module is no object', [], 'make it { NAME: preset }')
  for (const [name, value] of Object.entries(presets)) {
    const what = `preset ${asTyped(name)}`
    if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))
      throw new UsageError(thing, `${what} is no name of a preset`, [], 'use lower case and dashes')
    const preset = (typeof value === 'object' && value !== null ? value : {}) as Partial<Preset>
    for (const field of ['summary', 'source'] as const)
      if (typeof preset[field] !== 'string')
        throw new UsageError(thing, `${what}: ${field} is no text`, [], `add ${field}`)
    if (typeof preset.values !== 'object' || preset.values === null)
      throw new UsageError(thing, `${what} has no values`, Object.keys(specs), 'add values: { parameter: 1 }')
    resolveParameters(`${thing}, ${what}`, specs, new Map(Object.entries(preset.values)), false)
  }
}

function checkParameters(thing: string, specs: object, reserved: readonly string[]): void {
  for (const [name, spec] of Object.entries(specs)) {
    const parameter = `parameter ${asTyped(name)}`
    if (!/^[a-z][A-Za-z0-9]*$/.test(name)) {
      throw new UsageError(
        thing,
        `${parameter} is no name that can be typed`,
        [],
        'use letters and digits, such as ringSlots',
      )
    }
    if (name === PRESET)
      throw new UsageError(thing, `${parameter} is what names a preset`, [], 'call it something else')
    if (reserved.includes(name)) {
      throw new UsageError(
        thing,
        `${parameter} is one that every workload has already`,
        [],
        'read it from the plan',
      )
    }
    checkParameter(thing, parameter, spec)
  }
}

function checkParameter(thing: string, parameter: string, value: unknown): void {
  const spec = (typeof value === 'object' && value !== null ? value : {}) as Partial<ParameterSpec>
  for (const field of PARAMETER_NUMBERS) {
    if (!Number.isSafeInteger(spec[field])) {
      throw new UsageError(
        thing,
        `${parameter}: ${field} is not a whole number`,
        [],
        `add ${field}, for example ${field}: 1`,
      )
    }
  }
  for (const field of PARAMETER_TEXTS) {
    if (typeof spec[field] !== 'string')
      throw new UsageError(thing, `${parameter}: ${field} is no text`, [], `add ${field}`)
  }
  const { min, max, default: standard, quick = standard } = spec as ParameterSpec
  for (const [field, number] of [
    ['default', standard],
    ['quick', quick],
  ] as const) {
    if (!Number.isSafeInteger(number) || number < min || number > max) {
      throw new UsageError(
        thing,
        `${parameter}: ${field} ${number} is outside ${min} to ${max}`,
        [],
        'mend the bounds',
      )
    }
  }
  const fields = [...PARAMETER_NUMBERS, ...PARAMETER_TEXTS, 'quick'] as const
  const stranger = Object.keys(spec).find((key) => !(fields as readonly string[]).includes(key))
  if (stranger !== undefined) {
    const nearest = nearestFirst(stranger, fields)
    const remedy = meant(stranger, fields, 'take it out')
    throw new UsageError(thing, `${parameter} has an unknown field ${asTyped(stranger)}`, nearest, remedy)
  }
}

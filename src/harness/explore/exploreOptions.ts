import { UsageError } from '../../contract/usageError.js'
import { OPERATION_KINDS, type ExploreCase, type OperationKind } from '../../engines/explore/exploreCase.js'
import { asTyped } from '../quote.js'
import { parseInteger, splitList, unknownName } from '../spec.js'

/** The options of `explore`, as typed. */
export interface ExploreOptions {
  strategy?: string
  case?: string
  cpus?: string
  pages?: string
  operations?: string
  alphabet?: string
  preempt?: string
  frames?: string
  ticks?: string
  spurious?: string
  serialStart?: string
  guest?: boolean
  storeBuffer?: boolean
  breakBeforeMake?: boolean
  symmetry?: boolean
  fills?: string
  maxStates?: string
  budget?: string
  shorten?: boolean
  replay?: string
  /** True when given without names. */
  defects?: string | true
  threads?: string
  write?: string
  list?: boolean
  format?: string
}

const FILLS = ['late', 'anytime'] as const
const PREEMPTIONS = ['none', 'hooks', 'all'] as const

type NumberField = {
  [K in keyof ExploreCase]: ExploreCase[K] extends number ? K : never
}[keyof ExploreCase]

/** What an option changes in every case that is run. */
interface NumberOption {
  readonly option: keyof ExploreOptions
  readonly flag: string
  readonly field: NumberField
  readonly min: number
  readonly max: number
}

const NUMBER_OPTIONS: readonly NumberOption[] = [
  { option: 'cpus', flag: '--cpus', field: 'cpuCount', min: 1, max: 4 },
  { option: 'pages', flag: '--pages', field: 'pageCount', min: 1, max: 4 },
  { option: 'operations', flag: '--operations', field: 'operationCount', min: 1, max: 6 },
  { option: 'frames', flag: '--frames', field: 'frameCount', min: 1, max: 8 },
  { option: 'ticks', flag: '--ticks', field: 'tickCount', min: 0, max: 8 },
  { option: 'spurious', flag: '--spurious', field: 'spuriousCount', min: 0, max: 4 },
  { option: 'serialStart', flag: '--serial-start', field: 'serialStart', min: -(2 ** 31), max: 2 ** 31 - 1 },
]

/** The case with what was typed in the place of what it says, and those options again, for a command that repeats it. */
export function overrideCase(
  options: ExploreOptions,
  plan: ExploreCase,
): { plan: ExploreCase; typed: string[] } {
  const changed: { -readonly [K in keyof ExploreCase]?: ExploreCase[K] } = {}
  const typed: string[] = []
  for (const { option, flag, field, min, max } of NUMBER_OPTIONS) {
    const text = options[option]
    if (typeof text !== 'string') continue
    changed[field] = parseWithin(flag, text, min, max)
    typed.push(flag, text)
  }
  if (options.alphabet !== undefined) {
    const roles = options.alphabet.split('/').map(parseRole)
    changed.alphabet = OPERATION_KINDS.filter((kind) => roles.some((role) => role.includes(kind)))
    changed.roles = roles.length === 1 ? [] : roles
    typed.push('--alphabet', options.alphabet)
  }
  if (options.preempt !== undefined) {
    const preemption = PREEMPTIONS.find((name) => name === options.preempt)
    if (preemption === undefined)
      throw unknownName(`--preempt ${asTyped(options.preempt)}`, 'preemption', options.preempt, PREEMPTIONS)
    changed.preemption = preemption
    typed.push('--preempt', preemption)
  }
  if (options.fills !== undefined) {
    const fills = FILLS.find((name) => name === options.fills)
    if (fills === undefined)
      throw unknownName(`--fills ${asTyped(options.fills)}`, 'choice', options.fills, FILLS)
    changed.fills = fills
    typed.push('--fills', fills)
  }
  const switches = [
    ['guest', 'isGuest', '--guest'],
    ['storeBuffer', 'hasStoreBuffer', '--store-buffer'],
    ['breakBeforeMake', 'breaksBeforeMake', '--break-before-make'],
  ] as const
  for (const [option, field, flag] of switches) {
    if (options[option] !== true) continue
    changed[field] = true
    typed.push(flag)
  }
  if (options.symmetry === false) {
    changed.usesSymmetry = false
    typed.push('--no-symmetry')
  }
  return { plan: { ...plan, ...changed }, typed }
}

/** Nothing between two slashes: that CPU begins nothing. */
function parseRole(text: string): OperationKind[] {
  if (text.trim() === '') return []
  return splitList('--alphabet', text).map((name) => {
    const kind = OPERATION_KINDS.find((known) => known === name)
    if (kind === undefined)
      throw unknownName(`--alphabet ${asTyped(text)}`, 'operation', name, OPERATION_KINDS)
    return kind
  })
}

export function parseWithin(flag: string, text: string, min: number, max: number): number {
  const thing = `${flag} ${asTyped(text)}`
  const value = parseInteger(thing, 'it', text)
  if (value >= min && value <= max) return value
  throw new UsageError(
    thing,
    `outside ${min} to ${max}`,
    [],
    `for example ${flag} ${value < min ? min : max}`,
  )
}

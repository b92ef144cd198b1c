import { UsageError } from '../contract/usageError.js'
import type { EngineName } from './job.js'
import { asTyped } from './quote.js'
import { MAX_CPUS } from './roles.js'
import { parseInteger, splitList, unknownName } from './spec.js'

/** The options of `bench`, as typed. */
export interface BenchOptions {
  engine?: string
  strategy?: string
  workload?: string
  cpus?: string
  fault?: string
  skip?: string
  profile?: string
  profileSet?: string[]
  seed?: string
  repetitions?: string
  out?: string
  label?: string
  filter?: string
  quick?: boolean
  shard?: string
  /** True when given without what to list. */
  list?: string | true
  resume?: string
  format?: string
}

/** Those that decide what is measured; kept in run.json, so that `--resume` needs none of them again. */
export const PLAN_OPTIONS = [
  'engine',
  'strategy',
  'workload',
  'cpus',
  'fault',
  'skip',
  'profile',
  'profileSet',
  'seed',
  'repetitions',
  'filter',
  'quick',
  'shard',
] as const satisfies readonly (keyof BenchOptions)[]
export type PlanOptions = Pick<BenchOptions, (typeof PLAN_OPTIONS)[number]>

export function pickPlanOptions(options: BenchOptions): PlanOptions {
  const picked: Record<string, unknown> = {}
  for (const name of PLAN_OPTIONS) if (options[name] !== undefined) picked[name] = options[name]
  return picked
}

const ENGINES: readonly EngineName[] = ['sim', 'threads']
const MAX_SEED = 2 ** 32 - 1
const MAX_REPETITIONS = 10_000

export function parseEngines(text: string): EngineName[] {
  const engines = splitList('--engine', text).map((typed) => {
    const engine = ENGINES.find((name) => name === typed)
    if (engine === undefined) throw unknownName(`--engine ${asTyped(text)}`, 'engine', typed, ENGINES)
    return engine
  })
  return [...new Set(engines)]
}

export function parseCpus(text: string): number[] {
  const counts = splitList('--cpus', text).map((entry) => parseBetween('--cpus', entry, 1, MAX_CPUS))
  return [...new Set(counts)]
}

export function parseSeed(text: string): number {
  return parseBetween('--seed', text, 0, MAX_SEED)
}

export function parseRepetitions(text: string): number {
  return parseBetween('--repetitions', text, 1, MAX_REPETITIONS)
}

function parseBetween(option: string, text: string, min: number, max: number): number {
  const thing = `${option} ${asTyped(text)}`
  const value = parseInteger(thing, 'it', text)
  if (value >= min && value <= max) return value
  throw new UsageError(
    thing,
    `outside ${min} to ${max}`,
    [],
    `for example ${option} ${value < min ? Math.max(min, 1) : max}`,
  )
}

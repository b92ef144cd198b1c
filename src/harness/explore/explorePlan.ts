import { UsageError } from '../../contract/usageError.js'
import type { ExploreCase } from '../../engines/explore/exploreCase.js'
import { moduleNames } from '../../registry.js'
import { loadStrategy } from '../loadModule.js'
import { resolveParameters } from '../parameters.js'
import { asTyped } from '../quote.js'
import { ALL, parseSpecs, splitList, unknownName, type Spec } from '../spec.js'
import type { ExploreJob } from './exploreJob.js'
import { overrideCase, parseWithin, type ExploreOptions } from './exploreOptions.js'

/** A case, and the strategy parameters that it wants where a strategy has them. */
export interface PlannedCase extends ExploreCase {
  readonly parameters: Readonly<Record<string, number>>
  readonly summary: string
}

export interface ExploreDefaults {
  readonly cases: readonly PlannedCase[]
  readonly profile: string
  /** Limits of one search. */
  readonly stateCount: number
  readonly seconds: number
}

const MOST_STATES = 80_000_000
const MOST_SECONDS = 7 * 24 * 3600

export async function planExplorations(
  options: ExploreOptions,
  defaults: ExploreDefaults,
): Promise<ExploreJob[]> {
  const cases = chooseCases(options, defaults.cases)
  const specs = parseSpecs('--strategy', options.strategy ?? ALL).flatMap(expandAll)
  if (options.replay !== undefined && (cases.length !== 1 || specs.length !== 1)) {
    throw new UsageError(
      '--replay',
      `a schedule belongs to one strategy and one case, not to ${specs.length} and ${cases.length}`,
      [],
      'give --strategy and --case as the finding was printed with',
    )
  }
  const stateCount = parseWithin(
    '--max-states',
    options.maxStates ?? String(defaults.stateCount),
    1,
    MOST_STATES,
  )
  const seconds = parseWithin('--budget', options.budget ?? String(defaults.seconds), 1, MOST_SECONDS)
  const jobs: ExploreJob[] = []
  for (const spec of specs) {
    const { name, file, module } = await loadStrategy(spec.name)
    for (const plan of cases) {
      const given = new Map([...wanted(plan, module.parameters), ...spec.parameters])
      const { values, shown } = resolveParameters(`strategy ${name}`, module.parameters, given, false)
      jobs.push({
        strategy: withParameters(name, shown),
        strategyFile: file,
        parameters: values,
        contract: module.contract(values),
        case: plan,
        profile: defaults.profile,
        stateCount,
        milliseconds: seconds * 1000,
        shorteningStates: options.shorten === false ? 0 : stateCount,
        schedule: options.replay ?? null,
      })
    }
  }
  return jobs
}

function wanted(plan: PlannedCase, known: object): [string, number][] {
  return Object.entries(plan.parameters).filter(([name]) => Object.hasOwn(known, name))
}

function expandAll(spec: Spec): Spec[] {
  if (spec.name !== ALL) return [spec]
  return moduleNames('strategy').map((name) => ({ name, parameters: spec.parameters }))
}

function withParameters(name: string, shown: Readonly<Record<string, number>>): string {
  const parameters = Object.entries(shown).map(([key, value]) => `${key}=${value}`)
  return parameters.length === 0 ? name : `${name}:${parameters.join(';')}`
}

function chooseCases(options: ExploreOptions, cases: readonly PlannedCase[]): PlannedCase[] {
  const names = cases.map(({ name }) => name)
  const typed = options.case === undefined ? names : splitList('--case', options.case)
  return typed.map((name) => {
    const found = cases.find((known) => known.name === name)
    if (found === undefined) throw unknownName(`--case ${asTyped(options.case ?? '')}`, 'case', name, names)
    return { ...found, ...overrideCase(options, found).plan }
  })
}

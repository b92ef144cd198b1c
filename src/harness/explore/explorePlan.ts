import { UsageError } from '../../contract/usageError.js'
import type { ExploreCase } from '../../engines/explore/exploreCase.js'
import { moduleNames } from '../../registry.js'
import { chooseStrategy } from '../chooseStrategy.js'
import { givenBy, namedLike, resolveParameters } from '../parameters.js'
import { asTyped } from '../quote.js'
import { strategyParameters } from '../skipOption.js'
import { ALL, parseSpecs, specText, splitList, unknownName, type Spec } from '../spec.js'
import type { DefectWitnesses, PlannedDefect } from './defectJobs.js'
import type { ExploreJob } from './exploreJob.js'
import { overrideCase, parseWithin, type ExploreOptions } from './exploreOptions.js'

/** A case, and the strategy parameters that it wants where a strategy has them. */
export interface PlannedCase extends ExploreCase {
  readonly parameters: Readonly<Record<string, number>>
  readonly summary: string
  /** Time of one search at most. */
  readonly seconds: number
}

export interface ExploreDefaults {
  readonly cases: readonly PlannedCase[]
  readonly profile: string
  /** Those that `--defects` looks for. */
  readonly defects: () => Promise<readonly PlannedDefect[]>
  /** Where else they are looked for. */
  readonly witnesses: () => Promise<DefectWitnesses>
  /** States of one search at most. */
  readonly stateCount: number
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
  const budget =
    options.budget === undefined ? null : parseWithin('--budget', options.budget, 1, MOST_SECONDS)
  const jobs: { job: ExploreJob; hasTicks: boolean }[] = []
  for (const spec of specs) {
    const { spec: chosen, loaded } = await chooseStrategy(spec)
    const { name, file, module } = loaded
    for (const plan of cases) {
      const typed = givenBy(`strategy ${name}`, chosen, module.presets)
      const given = new Map([...wanted(plan, module.parameters), ...typed])
      const { values, shown } = resolveParameters(
        `strategy ${name}`,
        strategyParameters(module),
        given,
        false,
      )
      const job: ExploreJob = {
        strategy: specText(name, shown),
        strategyFile: file,
        parameters: values,
        contract: module.contract(values),
        case: plan,
        profile: defaults.profile,
        stateCount,
        milliseconds: (budget ?? plan.seconds) * 1000,
        shorteningStates: options.shorten === false ? 0 : stateCount,
        schedule: options.replay ?? null,
      }
      jobs.push({ job, hasTicks: module.assumes(values).tickNs !== undefined })
    }
  }
  // What takes longest begins first, or the last search would run alone: ticks multiply the states.
  const weight = ({ job, hasTicks }: (typeof jobs)[number]) => (hasTicks ? 1e9 : 0) + job.milliseconds
  return jobs.toSorted((a, b) => weight(b) - weight(a)).map(({ job }) => job)
}

function wanted(plan: PlannedCase, known: object): [string, number][] {
  return Object.entries(plan.parameters).flatMap(([name, value]) =>
    namedLike(known, name).map((own): [string, number] => [own, value]),
  )
}

function expandAll(spec: Spec): Spec[] {
  if (spec.name !== ALL) return [spec]
  return moduleNames('strategy').map((name) => ({ ...spec, name }))
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

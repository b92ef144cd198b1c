import { explore, type Exploration } from '../engines/explore/engine.js'
import type { ExploreCase } from '../engines/explore/exploreCase.js'
import type { ExploreJob } from '../harness/explore/exploreJob.js'
import type { ExploreOptions } from '../harness/explore/exploreOptions.js'
import { exploreCommandFor } from '../harness/explore/exploreReproduce.js'
import { bareName, resolveParameters } from '../harness/parameters.js'
import { strategyParameters } from '../harness/skipOption.js'
import { parseSpecs, specText } from '../harness/spec.js'
import { loadProfile } from '../machine/profile.js'
import { found, nothing, type CheckResult } from './checkResult.js'
import { SMALL_CASES, SMALLEST } from './smallCases.js'
import type { Subject } from './subject.js'

/** A bound by states finds the same on every machine. Strategies without ticks have fewer in most of the cases. */
const STATE_COUNT = 20_000
const PROFILE = 'icelake-2s64c'
/** What runs full, or is old, after few operations, where a strategy has it. */
const SMALL_VALUES: Readonly<Record<string, number>> = {
  ring: 1,
  slots: 1,
  count: 2,
  ageUs: 1,
  lazyMaxPages: 1,
}

/** Every interleaving of small cases, up to a bound in states; no script plays a part. */
export function exploreResult(subject: Subject): CheckResult {
  const parameters = smallParameters(subject)
  if (subject.module.contract(parameters) === 'none') return nothing('contract none promises nothing')
  for (const name of Object.keys(SMALL_CASES)) {
    const plan = smallCase(name)
    let exploration: Exploration
    try {
      exploration = search(subject, plan, parameters)
    } catch (error) {
      return found([`case ${name}: ${String(error)}`])
    }
    const { finding, schedule } = exploration
    if (finding === null) continue
    const fault = `${finding.invariant}: ${finding.message} (case ${name})`
    return found([fault], replayCommand(subject, plan, parameters, schedule))
  }
  return found([])
}

/** A case of the list; every CPU may take one tick where the case does not say how many. */
export function smallCase(name: string): ExploreCase {
  return { ...SMALLEST, tickCount: 1, ...SMALL_CASES[name], name }
}

function search({ module }: Subject, plan: ExploreCase, parameters: Subject['parameters']): Exploration {
  const { profile } = loadProfile(PROFILE, [])
  const limits = { stateCount: STATE_COUNT, milliseconds: Infinity, nowMs: () => 0 }
  return explore(
    { case: plan, module, parameters, profile },
    { ...limits, shorteningStates: limits.stateCount },
  )
}

/** What the user has set stays. */
function smallParameters({ module, parameters }: Subject): Readonly<Record<string, number>> {
  const small = Object.entries(module.parameters).map(([name, spec]): [string, number] => [
    name,
    parameters[name] === spec.default ? (SMALL_VALUES[bareName(name)] ?? spec.default) : parameters[name],
  ])
  return Object.fromEntries(small)
}

/**
 * `npm run explore` has cases of its own: one of them is named, and everything in it replaced.
 * Exported for the test that compares what the command then runs.
 */
export function replayCommand(
  { spec, file, module }: Subject,
  plan: ExploreCase,
  parameters: Readonly<Record<string, number>>,
  schedule: string,
): string {
  const [{ name }] = parseSpecs('--strategy', spec)
  const { shown } = resolveParameters(
    name,
    strategyParameters(module),
    new Map(Object.entries(parameters)),
    false,
  )
  const job: ExploreJob = {
    strategy: specText(name, shown),
    strategyFile: file,
    parameters,
    contract: module.contract(parameters),
    // Freed tables have no option of their own.
    case: { ...plan, name: plan.freesTables ? 'tables' : 'steps' },
    profile: PROFILE,
    stateCount: STATE_COUNT,
    milliseconds: Infinity,
    shorteningStates: STATE_COUNT,
    schedule,
  }
  return exploreCommandFor(job, optionsOf(plan), schedule)
}

/** As they would be typed. */
function optionsOf(plan: ExploreCase): ExploreOptions {
  return {
    cpus: String(plan.cpuCount),
    pages: String(plan.pageCount),
    operations: String(plan.operationCount),
    alphabet: plan.alphabet.join(','),
    preempt: plan.preemption,
    frames: String(plan.frameCount),
    ticks: String(plan.tickCount),
    spurious: String(plan.spuriousCount),
    serialStart: String(plan.serialStart),
    fills: plan.fills,
    guest: plan.isGuest,
    breakBeforeMake: plan.breaksBeforeMake,
    storeBuffer: plan.hasStoreBuffer,
    symmetry: plan.usesSymmetry,
  }
}

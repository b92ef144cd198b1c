import { availableParallelism } from 'node:os'
import type { StrategyModule } from '../contract/strategy.js'
import type { CellPlan } from '../engines/cellWords.js'
import type { FaultPlan } from '../engines/faultPlan.js'
import type { EngineResult } from '../engines/plan.js'
import { runSim } from '../engines/sim/engine.js'
import { Stuck } from '../engines/stuck.js'
import { runThreads } from '../engines/threads/engine.js'
import { randomOf } from '../harness/random.js'
import type { Hardware } from '../contract/hardware.js'
import { shippedProfileWith } from '../machine/hardware.js'
import { loadProfile, type Profile } from '../machine/profile.js'
import { cpuCountOf, type Script } from './script.js'
import { tapesOfScript } from './scriptTapes.js'
import type { Subject } from './subject.js'

/** How a run of a script differs from the plain one. */
export interface Conditions {
  /** Serial that every CPU has issued last before the run. */
  readonly serialStart?: number
  readonly parameters?: Readonly<Record<string, number>>
  /** In the place of the subject's own; `sim` only, because workers load its file. */
  readonly module?: StrategyModule
  /** Page tables go with the last mapping below them. */
  readonly freesTables?: boolean
  /** `threads` only. */
  readonly passes?: number
  /** `threads` only: as many passes as take so long. */
  readonly passesMs?: number
  /** `threads` only: the run ends in a fault that means nothing. */
  readonly signal?: AbortSignal
}

export interface ScriptRun {
  /** null where the run did not end well, or for want of frames, which is no fault. */
  readonly result: EngineResult | null
  /** One line for each thing that must not happen; a broken run is one. */
  readonly faults: string[]
}

/** For strategies that need nothing more. */
const PROFILE = 'icelake-2s64c'
/** The machine of every script is shuffled alike: the tape alone names the run. */
const MACHINE_SEED = 1
/** For one pass: more CPUs than cores, and cores that others use as well. */
const WATCHDOG_MS = 30_000

/**
 * Frames for each CPU in multiples of the largest mapping. CPUs keep free frames on lists of their own,
 * where others do not find them; fewer than this, and more and more runs end for want of frames.
 * Real threads run more passes.
 */
const SHORT_MULTIPLE = { sim: 1, threads: 3 }
const MIN_FRAMES = 64
/**
 * With so many for each CPU frames cannot run out: six batches and one of 63 on its list, 64 that it is
 * just demanding, and what one operation or a batch of four holds.
 */
const PLENTY_MULTIPLE = 5
const PLENTY_FRAMES = 7 * 63 + 64

/** The machine that a script runs on: its frames decide whether held ones are demanded. */
function profileOf(
  script: Script,
  { freesTables }: Conditions,
  engine: keyof typeof SHORT_MULTIPLE,
  needs: readonly Hardware[] | undefined,
): Profile {
  const mapped = script.regions.reduce((sum, { pages }) => sum + pages, 0)
  const largest = Math.max(...script.regions.map(({ pages }) => pages))
  const short = Math.max(MIN_FRAMES, mapped + cpuCountOf(script) * largest * SHORT_MULTIPLE[engine])
  const plenty = mapped + cpuCountOf(script) * (PLENTY_FRAMES + largest * PLENTY_MULTIPLE)
  const sets = script.isShort
    ? [`memory.frames=${short}`, `memory.listBatch=${largest}`]
    : [`memory.frames=${plenty}`]
  const freeing = freesTables === true ? ['memory.tableFreeing=empty'] : []
  const name = needs === undefined ? PROFILE : shippedProfileWith(needs, [PROFILE])
  // Where none has it, the run ends with what the machine says of it.
  return loadProfile(name ?? PROFILE, [...sets, ...freeing]).profile
}

function planOf(
  subject: Subject,
  script: Script,
  conditions: Conditions,
  engine: keyof typeof SHORT_MULTIPLE,
): CellPlan {
  const profile = profileOf(script, conditions, engine, subject.module.needs)
  return {
    tapes: tapesOfScript(script, profile.memory.frames.value, engine),
    profile,
    module: conditions.module ?? subject.module,
    parameters: conditions.parameters ?? subject.parameters,
    isOracleFull: true,
    serialStart: conditions.serialStart ?? 0,
    faults: delayOf(script),
  }
}

/** Late interrupts show what a worker that looks for them at every chance would never meet. */
function delayOf(script: Script): FaultPlan | undefined {
  if (script.delayUs === 0 || cpuCountOf(script) < 2) return undefined
  const delay = { minNs: 0, maxNs: script.delayUs * 1000, percent: 100 }
  return { seed: MACHINE_SEED, faults: { 'delay-interrupt': delay } }
}

/** Setup, a warm-up pass, a measured pass and the drain in virtual time, with the whole oracle. */
export function simScript(subject: Subject, script: Script, conditions: Conditions = {}): ScriptRun {
  const plan = planOf(subject, script, conditions, 'sim')
  try {
    const random = randomOf(MACHINE_SEED, 1)
    return judged(plan, runSim({ plan, random, warmupPasses: 1, mayRepeatPasses: true }))
  } catch (error) {
    return broken(script, error)
  }
}

/** The same on real threads. */
export async function threadsScript(
  subject: Subject,
  script: Script,
  conditions: Conditions = {},
): Promise<ScriptRun> {
  const plan = planOf(subject, script, conditions, 'threads')
  try {
    const result = await runThreads({
      plan,
      strategyFile: subject.file,
      isOversubscribed: cpuCountOf(script) > availableParallelism(),
      watchdogMs: WATCHDOG_MS,
      random: randomOf(MACHINE_SEED, 1),
      // One pass, as in virtual time.
      warmupMs: 0,
      measuredPasses: conditions.passes ?? 1,
      ...(conditions.passesMs === undefined ? {} : { measuredMs: conditions.passesMs }),
      ...(conditions.signal === undefined ? {} : { signal: conditions.signal }),
    })
    return judged(plan, result)
  } catch (error) {
    return broken(script, error)
  }
}

/** Contract `none` promises nothing, so its violations are no faults. */
function judged(plan: CellPlan, result: EngineResult): ScriptRun {
  if (plan.module.contract(plan.parameters) === 'none') return { result, faults: [] }
  const faults = result.violations.map(({ invariant, message }) => `${invariant}: ${message}`)
  const unkept = result.violationCount - faults.length
  return { result, faults: unkept > 0 ? [...faults, `and ${unkept} more`] : faults }
}

/**
 * A run that is short of frames may end for want of them (docs/limitations.md, "Short of frames"): it
 * proves nothing then, and is no fault of the strategy's.
 */
function broken(script: Script, error: unknown): ScriptRun {
  if (script.isShort && error instanceof Error && error.message.includes('frames are mapped'))
    return { result: null, faults: [] }
  if (error instanceof Stuck) return { result: null, faults: [`I8: ${error.message}`, ...error.cpuStates] }
  return {
    result: null,
    faults: [error instanceof Error ? `${error.name}: ${error.message}` : String(error)],
  }
}

import { setFlagsFromString } from 'node:v8'
import { Bench } from 'tinybench'
import { ROLE_INITIATOR, ROLE_INNOCENT, type TapeSet } from '../../contract/tape.js'
import { ViolationList } from '../../oracle/violations.js'
import { keepViolations } from '../brokenRun.js'
import { attempts, figuresOf, type CpuReport } from '../figures.js'
import { underFramePressure } from '../framePressure.js'
import { judgeDrain, type EngineResult } from '../plan.js'
import { Coordinator, type ThreadsPlan } from './coordinator.js'
import {
  PHASE_ALONE,
  PHASE_DRAIN,
  PHASE_PASS,
  PHASE_SETUP,
  PHASE_WARMUP,
  type PhaseReport,
} from './protocol.js'

export interface ThreadsOptions extends ThreadsPlan {
  readonly random: (bound: number) => number
  /** Warm-up passes are run for this long, and one at least. */
  readonly warmupMs: number
  readonly measuredPasses: number
  /** After these, further passes until so long has gone by since the first began; for whoever wants much done. */
  readonly measuredMs?: number
  /** Ends the workers, wherever they are; what was measured is lost. */
  readonly signal?: AbortSignal
}

/** How long innocents run alone. */
const ALONE_MS = 8

/**
 * Bytes of bytecode after which V8 compiles a function. Earlier than usual while passes are run, which
 * halves the warm-up of a repetition; as usual while workers are started, where it would compile the
 * loading of modules. The compiled code is the same.
 */
export const EAGER_BUDGET = '--interrupt-budget=10000'
/** V8's own value in Node 20. */
const USUAL_BUDGET = '--interrupt-budget=67584'

interface Pass {
  reports: PhaseReport[]
  elapsedNs: number
}

/**
 * One repetition on real threads. tinybench runs the passes: it warms up, repeats, and gets as the
 * duration of each what the workers measured, not what its own clock saw.
 */
export async function runThreads(options: ThreadsOptions): Promise<EngineResult> {
  const coordinator = new Coordinator({ ...options, plan: underFramePressure(options.plan) }, options.random)
  const stop = (): void => void coordinator.stop()
  options.signal?.addEventListener('abort', stop)
  try {
    await coordinator.start()
    setFlagsFromString(EAGER_BUDGET)
    await coordinator.run(PHASE_SETUP)
    const { passes, aloneRate } = await measurePasses(coordinator, options)
    const drained = await coordinator.run(PHASE_DRAIN)
    return conclude(coordinator, options, passes, drained, aloneRate)
  } catch (error) {
    throw keepViolations(error, coordinator.found)
  } finally {
    options.signal?.removeEventListener('abort', stop)
    setFlagsFromString(USUAL_BUDGET)
    await coordinator.stop()
  }
}

async function measurePasses(
  coordinator: Coordinator,
  options: ThreadsOptions,
): Promise<{ passes: Pass[]; aloneRate: number }> {
  const passes: Pass[] = []
  let phase = PHASE_WARMUP
  let aloneRate = 0
  const bench = new Bench({
    time: options.measuredMs ?? 0,
    iterations: options.measuredPasses,
    warmupTime: options.warmupMs,
    warmupIterations: 1,
    throws: true,
    setup: async (_task, mode) => {
      phase = mode === 'warmup' ? PHASE_WARMUP : PHASE_PASS
      // In between, innocents run alone: V8 has compiled, and ticks come while they run, so that what a
      // lazy strategy has deferred in a warm-up without pauses is swept before anything counts.
      if (mode === 'run') aloneRate = await measureAlone(coordinator, options.plan.tapes)
    },
  })
  // tinybench calls a function once to find out whether it is asynchronous, unless it is told.
  bench.add(
    'pass',
    async () => {
      const reports = await coordinator.run(phase)
      const initiators = reports.filter(({ id }) => options.plan.tapes.tapes[id].role === ROLE_INITIATOR)
      const elapsedNs =
        Math.max(...initiators.map(({ endNs }) => endNs)) - Math.min(...reports.map(({ startNs }) => startNs))
      if (phase === PHASE_PASS) passes.push({ reports, elapsedNs })
      // By tinybench's own clock where time decides: a pass without an access takes a worker no time at all.
      return options.measuredMs === undefined ? { overriddenDuration: elapsedNs / 1e6 } : undefined
    },
    { async: true },
  )
  await bench.run()
  // Samples in the order of time: tinybench sorts its own.
  return { passes, aloneRate }
}

async function measureAlone(coordinator: Coordinator, tapes: TapeSet): Promise<number> {
  if (!tapes.tapes.some((tape) => tape.role === ROLE_INNOCENT)) return 0
  // The first run fills TLBs, the second is counted.
  await coordinator.run(PHASE_ALONE, ALONE_MS)
  const reports = await coordinator.run(PHASE_ALONE, ALONE_MS)
  const innocents = reports.filter(({ id }) => tapes.tapes[id].role === ROLE_INNOCENT)
  return innocents.reduce(
    (sum, { cpu, startNs, endNs }) => sum + attempts(cpu.counters) / (endNs - startNs),
    0,
  )
}

function conclude(
  coordinator: Coordinator,
  options: ThreadsOptions,
  passes: Pass[],
  drained: PhaseReport[],
  aloneRate: number,
): EngineResult {
  const lost = drained.reduce((sum, report) => sum + report.lostEvents, 0)
  if (lost > 0) throw new Error(`the oracle's journal lost ${lost} events; nothing is proved`)
  const violations = new ViolationList()
  for (const report of drained) {
    for (const record of report.violations) violations.add(record)
    violations.count += report.violationCount - report.violations.length
  }
  const { tapes } = options.plan
  judgeDrain(
    coordinator.cell,
    coordinator.memory,
    drained.map(({ left }) => left),
    violations,
  )
  const elapsedNs = passes.reduce((sum, pass) => sum + pass.elapsedNs, 0)
  return {
    figures: figuresOf(tapes, mergeReports(passes), elapsedNs, aloneRate),
    passNs: passes.map((pass) => pass.elapsedNs),
    violationCount: violations.count,
    violations: violations.kept,
  }
}

/** The passes of a repetition as one run. */
function mergeReports(passes: readonly Pass[]): CpuReport[] {
  return passes[0].reports.map((_, cpu) => {
    const parts = passes.map((pass) => pass.reports[cpu].cpu)
    return {
      counters: parts[0].counters.map((_count, index) =>
        parts.reduce((sum, part) => sum + part.counters[index], 0),
      ),
      opsNs: parts.flatMap((part) => part.opsNs),
      exposuresNs: parts.flatMap((part) => part.exposuresNs),
      // What is open after one pass is settled in the next one.
      openExposures: parts[parts.length - 1].openExposures,
      responderNs: parts.reduce((sum, part) => sum + part.responderNs, 0),
      heldFramesPeak: Math.max(...parts.map((part) => part.heldFramesPeak)),
    }
  })
}

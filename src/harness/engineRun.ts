import { availableParallelism } from 'node:os'
import { pathToFileURL } from 'node:url'
import type { TapeSet } from '../contract/tape.js'
import type { WorkloadModule } from '../contract/workload.js'
import type { CellPlan } from '../engines/cellWords.js'
import { importStrategy } from '../engines/importStrategy.js'
import type { EngineResult } from '../engines/plan.js'
import type { RunFigures } from '../engines/figures.js'
import type { Profile } from '../machine/profile.js'
import { quantile } from '../stats/quantile.js'
import { makeTapes } from '../workloads/shared/tapeWriter.js'
import type { Figures, Job, JobDone } from './job.js'
import { randomOf } from './random.js'

/** Passes that count. */
const THREADS_MEASURED_PASSES = 4
/** In virtual time one pass fills TLBs, free lists and lazy rings; nothing else has to warm up. */
const SIM_WARMUP_PASSES = 1

/**
 * Runs one repetition in this process, which only ever gets jobs of one engine and one strategy: a
 * second class at a call site makes every strategy several times slower in V8.
 */
export async function runJob(job: Job): Promise<JobDone> {
  const tapes = await tapesOf(job)
  const strategy = await importStrategy(job.strategy.file)
  const plan: CellPlan = {
    tapes,
    // Validated by the harness before anything is measured.
    profile: job.profile as Profile,
    module: strategy,
    parameters: job.strategy.parameters,
    isOracleFull: job.oracle === 'full',
    serialStart: 0,
    faults: job.faults === undefined ? undefined : { seed: job.seed, faults: job.faults },
  }
  const isOversubscribed = job.engine === 'threads' && job.cpus > availableParallelism()
  const result = await runEngine(job, plan, isOversubscribed)
  return {
    status: 'done',
    contract: strategy.contract(job.strategy.parameters),
    tapeHash: tapes.hash,
    figures: figuresOf(result.figures),
    passNs: job.engine === 'threads' ? result.passNs : [],
    violationCount: result.violationCount,
    violations: result.violations,
    oversubscribed: isOversubscribed,
  }
}

async function runEngine(job: Job, plan: CellPlan, isOversubscribed: boolean): Promise<EngineResult> {
  const random = randomOf(job.seed, 1)
  if (job.engine === 'sim') {
    const { runSim } = await import('../engines/sim/engine.js')
    return runSim({ plan, random, warmupPasses: SIM_WARMUP_PASSES, mayRepeatPasses: true })
  }
  const { runThreads } = await import('../engines/threads/engine.js')
  return runThreads({
    plan,
    strategyFile: job.strategy.file,
    isOversubscribed,
    watchdogMs: job.watchdogMs,
    random,
    // Where nothing is timed, or a pass takes seconds, one warm-up pass is enough.
    warmupMs: isOversubscribed || plan.isOracleFull ? 0 : job.warmupMs,
    measuredPasses: isOversubscribed || plan.isOracleFull ? 1 : THREADS_MEASURED_PASSES,
  })
}

/** The same tapes for every engine and every build that has the workload. */
export async function tapesOf(job: Pick<Job, 'workload' | 'cpus' | 'seed'>): Promise<TapeSet> {
  const module = await loadDefault<WorkloadModule>(job.workload.file)
  const { initiators, readers, ...parameters } = job.workload.parameters
  return makeTapes(job.workload.name, module, {
    cpuCount: job.cpus,
    initiators,
    readers,
    parameters,
    random: randomOf(job.seed, 0),
  })
}

async function loadDefault<T>(file: string): Promise<T> {
  return ((await import(pathToFileURL(file).href)) as { default: T }).default
}

function figuresOf(run: RunFigures): Figures {
  return {
    ops: run.ops,
    elapsedNs: run.elapsedNs,
    opTotalNs: run.opTotalNs,
    opP50Ns: toPicoseconds(quantile(run.opsNs, 0.5)),
    opP99Ns: toPicoseconds(quantile(run.opsNs, 0.99)),
    opMaxNs: toPicoseconds(quantile(run.opsNs, 1)),
    ipis: run.ipis,
    flushRounds: run.flushRounds,
    pagesInvalidated: run.pagesInvalidated,
    fullFlushes: run.fullFlushes,
    tlbMisses: run.tlbMisses,
    responderNs: run.responderNs,
    innocentSlowdown: run.innocentSlowdown === null ? null : Math.round(run.innocentSlowdown * 1e6) / 1e6,
    heldFramesPeak: run.heldFramesPeak,
    exposureP50Ns: toPicoseconds(quantile(run.exposuresNs, 0.5)),
    exposureP99Ns: toPicoseconds(quantile(run.exposuresNs, 0.99)),
    exposureMaxNs: toPicoseconds(quantile(run.exposuresNs, 1)),
    openExposures: run.openExposures,
    staleP50Ns: toPicoseconds(quantile(run.stale?.endedNs ?? [], 0.5)),
    staleP99Ns: toPicoseconds(quantile(run.stale?.endedNs ?? [], 0.99)),
    staleMaxNs: toPicoseconds(quantile(run.stale?.endedNs ?? [], 1)),
    staleOpen: run.stale?.open ?? null,
  }
}

/** What interpolation adds below a picosecond is no information. */
function toPicoseconds(ns: number | null): number | null {
  return ns === null ? null : Math.round(ns * 1000) / 1000
}

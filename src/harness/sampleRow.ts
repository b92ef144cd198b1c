import { SCHEMA_VERSION } from '../records/columns.js'
import type { SampleRow } from '../records/sampleColumns.js'
import type { BenchPlan } from './benchPlan.js'
import type { Cell } from './cells.js'
import type { JobResult } from './job.js'
import type { PlannedJob } from './plan.js'
import { isExtrapolated } from './warnings.js'

/** One repetition as a row; a failed one has its reason and no figures. */
export function sampleRow(runId: string, plan: BenchPlan, job: PlannedJob, result: JobResult): SampleRow {
  const { cell } = job
  const done = result.status === 'done' ? result : null
  const figures = done?.figures ?? null
  return {
    schema_version: SCHEMA_VERSION,
    run_id: runId,
    engine: cell.engine,
    strategy: cell.strategy.name,
    contract: cell.contract,
    workload: cell.workload.name,
    params: cell.params,
    cpus: cell.cpus,
    profile: plan.profile.name,
    seed: plan.seed,
    tape_hash: done?.tapeHash ?? '',
    repetition: job.repetition,
    oracle: job.oracle,
    ops: figures?.ops ?? null,
    elapsed_ns: figures?.elapsedNs ?? null,
    op_p50_ns: figures?.opP50Ns ?? null,
    op_p99_ns: figures?.opP99Ns ?? null,
    op_max_ns: figures?.opMaxNs ?? null,
    ipis: figures?.ipis ?? null,
    flush_rounds: figures?.flushRounds ?? null,
    pages_invalidated: figures?.pagesInvalidated ?? null,
    full_flushes: figures?.fullFlushes ?? null,
    tlb_misses: figures?.tlbMisses ?? null,
    responder_ns: figures?.responderNs ?? null,
    innocent_slowdown: figures?.innocentSlowdown ?? null,
    held_frames_peak: figures?.heldFramesPeak ?? null,
    exposure_p99_ns: figures?.exposureP99Ns ?? null,
    exposure_max_ns: figures?.exposureMaxNs ?? null,
    violations: result.status === 'done' ? result.violationCount : result.violations.length,
    oversubscribed: done?.oversubscribed ?? null,
    op_total_ns: figures?.opTotalNs ?? null,
    extrapolated: isExtrapolated(cell, plan),
    pass_ns: done?.passNs.join(';') ?? '',
    failure: result.status === 'failed' ? result.message || 'no reason given' : '',
    fault: plan.fault.text,
    exposure_p50_ns: figures?.exposureP50Ns ?? null,
    exposures_open: figures?.openExposures ?? null,
    stale_p50_ns: figures?.staleP50Ns ?? null,
    stale_p99_ns: figures?.staleP99Ns ?? null,
    stale_max_ns: figures?.staleMaxNs ?? null,
    stale_open: figures?.staleOpen ?? null,
  }
}

/** Names one repetition of one cell, from a row as from a plan: what a resumed run has already. */
export function repetitionKey(
  row: Pick<SampleRow, 'engine' | 'strategy' | 'workload' | 'params' | 'cpus' | 'repetition'>,
): string {
  return JSON.stringify([row.engine, row.strategy, row.workload, row.params, row.cpus, row.repetition])
}

export function keyOfJob(job: PlannedJob): string {
  const { engine, strategy, workload, params, cpus }: Cell = job.cell
  return repetitionKey({
    engine,
    strategy: strategy.name,
    workload: workload.name,
    params,
    cpus,
    repetition: job.repetition,
  })
}

import type { CsvWriter } from '../records/csvWriter.js'
import type { SAMPLE_COLUMNS, SampleRow } from '../records/sampleColumns.js'
import type { BenchPlan } from './benchPlan.js'
import { type Failure, failureOf } from './failures.js'
import { InOrder } from './inOrder.js'
import type { Isolation } from './isolation.js'
import type { Job } from './job.js'
import type { Block, PlannedJob } from './plan.js'
import type { Progress } from './progress.js'
import type { ReproductionContext } from './reproduce.js'
import { runJobs } from './runJobs.js'
import { sampleRow } from './sampleRow.js'

export interface Measurement {
  runId: string
  plan: BenchPlan
  /** What is left of the plan's blocks. */
  blocks: readonly Block[]
  isolation: Isolation
  reproduction: ReproductionContext
  writer: Pick<CsvWriter<typeof SAMPLE_COLUMNS>, 'append'>
  progress: Progress
  signal: AbortSignal
  nowMs(): number
}

/** Runs the blocks one after the other and writes their rows. Returns early, with what it has, when aborted. */
export async function measure(work: Measurement): Promise<{ rows: SampleRow[]; failures: Failure[] }> {
  const rows: SampleRow[] = []
  const failures: Failure[] = []
  for (const block of work.blocks) {
    if (work.signal.aborted) break
    const inPlanOrder = new InOrder<{ row: SampleRow; failure: Failure | null }>(({ row, failure }) => {
      work.writer.append(row)
      rows.push(row)
      if (failure !== null) failures.push(failure)
    })
    const startedMs: number[] = []
    try {
      await runJobs(
        block.jobs.map((job) => toJob(job, work)),
        {
          entry: work.isolation.entry,
          lanes: work.isolation.lanes[block.engine],
          graceMs: work.isolation.graceMs,
          signal: work.signal,
          onStart(index) {
            startedMs[index] = work.nowMs()
            work.progress.started(block.jobs[index].cell)
          },
          onEnd(index, result) {
            const job = block.jobs[index]
            const row = sampleRow(work.runId, work.plan, job, result)
            inPlanOrder.add(index, { row, failure: failureOf(work.plan, work.reproduction, job, result) })
            work.progress.ended(job.cell, work.nowMs() - startedMs[index])
          },
        },
      )
    } finally {
      inPlanOrder.flush()
    }
  }
  return { rows, failures }
}

function toJob(planned: PlannedJob, work: Measurement): Job {
  const { cell, repetition, oracle } = planned
  return {
    engine: cell.engine,
    strategy: cell.strategy,
    workload: cell.workload,
    cpus: cell.cpus,
    profile: work.plan.profile.profile,
    seed: work.plan.seed,
    ...(work.plan.fault.text === '' ? {} : { faults: work.plan.fault.faults }),
    repetition,
    oracle,
    warmupMs: work.plan.warmupMs,
    watchdogMs: work.isolation.watchdogMs[cell.engine],
  }
}

/** Several runs to one: the union of their rows, where they were measured under the same conditions. */
import { cellKey } from '../records/cellKey.js'
import { SCHEMA_VERSION } from '../records/columns.js'
import { rowLine } from '../records/csvText.js'
import type { MeasuredRun, RecordedPlan, RecordedRun } from '../records/runRecord.js'
import { SAMPLE_COLUMNS, type SampleRow } from '../records/sampleColumns.js'
import { tapeMismatch } from '../records/tapeMismatch.js'
import { hasRows, refuseOtherConditions } from './conditions.js'
import { Incomparable } from './incomparable.js'
import { inPlanOrder, plannedName } from './rowOrder.js'
import type { StoredRun } from './storedRun.js'

/**
 * The same for every order in which the runs are given.
 * @param given at least one
 * @throws Incomparable
 */
export function mergeRuns(given: readonly StoredRun[]): StoredRun {
  const runs = given.toSorted(byTime)
  refuseOtherConditions(runs)
  const plan = mergedPlan(runs)
  const rows = inPlanOrder(unionOf(runs), plan)
  const mismatch = tapeMismatch(rows)
  if (mismatch !== null) {
    throw new Incomparable(
      'the runs did not do the same work, so nothing can be compared',
      mismatch,
      'report them one by one',
    )
  }
  return {
    name: 'the merged run',
    record: mergedRecord(runs, plan),
    rows,
    warnings: given.flatMap((run) => run.warnings),
  }
}

/** Runs in order of time; equal ones in an order that is always the same. */
export function byTime(a: StoredRun, b: StoredRun): number {
  const key = ({ record }: StoredRun) => [record.started, record.run_id, record.plan.shard ?? ''].join(' ')
  return key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0
}

/** A repetition that two runs have, such as a cell in virtual time, is taken once. */
function unionOf(runs: readonly StoredRun[]): SampleRow[] {
  const taken = new Map<string, { row: SampleRow; run: StoredRun }>()
  for (const run of runs) {
    for (const row of run.rows) {
      const key = JSON.stringify([cellKey(row), row.repetition])
      const other = taken.get(key)
      if (other === undefined) taken.set(key, { row, run })
      else if (content(other.row) !== content(row)) {
        throw new Incomparable(
          `${plannedName(row)}: repetition ${row.repetition} has two rows with different content`,
          `one is in ${other.run.name}, one in ${run.name}`,
          'leave one of the runs out, or report them one by one',
        )
      }
    }
  }
  return [...taken.values()].map(({ row }) => row)
}

function content(row: SampleRow): string {
  return rowLine(SAMPLE_COLUMNS, { ...row, run_id: '-' })
}

/** Of shards of one matrix the plan of the matrix. */
function mergedPlan(runs: readonly StoredRun[]): RecordedPlan {
  const plans = runs.map(({ record }) => record.plan)
  const { shard: _, ...first } = plans[0]
  const measured = (engine: 'sim' | 'threads') =>
    (runs.find((run) => hasRows(run, engine)) ?? runs[0]).record.plan
  return {
    ...first,
    repetitions: {
      sim: measured('sim').repetitions.sim,
      threads: measured('threads').repetitions.threads,
    },
    warmup_ms: measured('threads').warmup_ms,
    cells: [...new Set(plans.flatMap((plan) => plan.cells))],
    modules: Object.assign({}, ...plans.map((plan) => plan.modules)) as Record<string, string>,
  }
}

function mergedRecord(runs: readonly StoredRun[], plan: RecordedPlan): RecordedRun {
  const parts = runs.flatMap(({ record }) => partsOf(record))
  const ends = parts.map((part) => part.ended)
  return {
    schema_version: SCHEMA_VERSION,
    run_id: runs[0].record.run_id,
    status: statusOf(parts),
    version: runs[0].record.version,
    started: runs[0].record.started,
    ended: ends.every((end) => end !== null) ? ends.toSorted().at(-1)! : null,
    plan,
    // Of those whose figures depend on the machine, where there are some; all of them agree.
    environment: (runs.find((run) => hasRows(run, 'threads')) ?? runs[0]).record.environment,
    failures: parts.flatMap((part) => part.failures),
    parts,
  }
}

export function partsOf(record: RecordedRun): MeasuredRun[] {
  return record.parts ?? [record]
}

function statusOf(parts: readonly MeasuredRun[]): MeasuredRun['status'] {
  const statuses = parts.map((part) => part.status)
  if (statuses.includes('running') || statuses.includes('interrupted')) return 'interrupted'
  return statuses.includes('failed') ? 'failed' : 'complete'
}

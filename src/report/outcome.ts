/** What a stored run says when it is summed up again. */
import { cellsOf } from '../records/cellKey.js'
import type { SummaryRow } from '../records/summaryColumns.js'
import { tapeMismatch } from '../records/tapeMismatch.js'
import { partsOf } from './merge.js'
import { missingShards } from './missingShards.js'
import { brokePromise } from './ranking.js'
import { inPlanOrder } from './rowOrder.js'
import type { StoredRun } from './storedRun.js'
import { summarize } from './summary.js'

export interface Outcome {
  /** In the order of the matrix; empty where the cells did not do the same work. */
  readonly summary: SummaryRow[]
  /** A promise was broken, a repetition failed, or the cells did not do the same work. */
  readonly failed: boolean
  /** What the reader must know, a line each. */
  readonly warnings: string[]
}

export function outcomeOf(run: StoredRun): Outcome {
  const warnings = [
    ...run.warnings,
    ...missingShards(partsOf(run.record)).map((line) => `${run.name}: ${line}`),
  ]
  const mismatch = tapeMismatch(run.rows)
  if (mismatch !== null) {
    warnings.push(`${run.name}: the cells did not do the same work, so nothing can be compared: ${mismatch}`)
    return { summary: [], failed: true, warnings }
  }
  const summary = summarize(run.rows, cellsOf(inPlanOrder(run.rows, run.record.plan)))
  const broken = summary.filter(brokePromise).length
  const failing = summary.filter((row) => row.failed_repetitions > 0).length
  if (broken > 0) warnings.push(`${run.name}: ${cells(broken)} broke the promise of the strategy`)
  if (failing > 0)
    warnings.push(`${run.name}: ${cells(failing)} with failed repetitions; samples.csv says why`)
  return { summary, failed: broken + failing > 0 || run.record.status === 'failed', warnings }
}

function cells(count: number): string {
  return `${count} ${count === 1 ? 'cell' : 'cells'}`
}

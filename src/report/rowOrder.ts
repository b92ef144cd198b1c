/** The order of the matrix, for rows that were written in the shuffled order of a plan. */
import type { RecordedPlan } from '../records/runRecord.js'
import type { SampleRow } from '../records/sampleColumns.js'

/** By cell as in the plan, then by repetition. Cells that are not in the plan follow at the end, in their order. */
export function inPlanOrder(rows: readonly SampleRow[], plan: RecordedPlan): SampleRow[] {
  const positions = new Map(plan.cells.map((cell, at) => [cell, at]))
  const position = (row: SampleRow) => positions.get(plannedName(row)) ?? positions.size
  return rows.toSorted((a, b) => position(a) - position(b) || a.repetition - b.repetition)
}

/** As run.json names the cell of this row. */
export function plannedName(row: SampleRow): string {
  return `${row.engine}/${row.strategy}/${row.workload}/${row.cpus} ${row.params}`.trimEnd()
}

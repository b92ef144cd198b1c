/** The columns vs_immediate and vs_linux: how much faster than the reference on exactly the same work. */
import { strategyParams } from '../records/params.js'
import { workKey } from '../records/cellKey.js'
import type { SummaryRow } from '../records/summaryColumns.js'

/** Fills in both columns; everything else stays as it is. */
export function withComparisons(rows: readonly SummaryRow[]): SummaryRow[] {
  const immediate = referencesOf(rows, 'immediate')
  const linux = referencesOf(rows, 'linux')
  return rows.map((row) => ({
    ...row,
    vs_immediate: speedup(immediate.get(workKey(row)), row),
    vs_linux: speedup(linux.get(workKey(row)), row),
  }))
}

/** With default parameters only: a tuned reference would make the column mean something else in each run. */
function referencesOf(rows: readonly SummaryRow[], strategy: string): Map<string, SummaryRow> {
  return new Map(
    rows
      .filter((row) => row.strategy === strategy && strategyParams(row.params) === '')
      .map((row) => [workKey(row), row]),
  )
}

function speedup(reference: SummaryRow | undefined, row: SummaryRow): number | null {
  if (
    reference === undefined ||
    reference.ns_per_op === null ||
    row.ns_per_op === null ||
    row.ns_per_op === 0
  )
    return null
  // Merged runs may hold one workload in two versions under one name.
  const differentWork =
    reference.tape_hash !== '' && row.tape_hash !== '' && reference.tape_hash !== row.tape_hash
  return differentWork ? null : reference.ns_per_op / row.ns_per_op
}

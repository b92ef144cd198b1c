/** Which rows stand together, and in which order. */
import { CONTRACTS } from '../contract/obligation.js'
import { workKey } from '../records/cellKey.js'
import type { SummaryRow } from '../records/summaryColumns.js'

/** The cells that do the same work on the same machine, in the order of their first appearance. */
export function blocksOf(rows: readonly SummaryRow[]): SummaryRow[][] {
  const blocks = new Map<string, SummaryRow[]>()
  for (const row of rows) {
    const key = workKey(row)
    const block = blocks.get(key)
    if (block === undefined) blocks.set(key, [row])
    else block.push(row)
  }
  return [...blocks.values()]
}

export interface ContractGroup {
  readonly contract: string
  readonly rows: readonly SummaryRow[]
}

/** Contracts apart, because what promises less is faster for that reason alone; within one, the fastest first. */
export function groupByContract(block: readonly SummaryRow[]): ContractGroup[] {
  const order: readonly string[] = [...CONTRACTS, ...block.map((row) => row.contract)]
  return [...new Set(order)]
    .map((contract) => ({
      contract,
      rows: ranked(
        contract,
        block.filter((row) => row.contract === contract),
      ),
    }))
    .filter((group) => group.rows.length > 0)
}

/** A violation of a promise. Under `none` nothing was promised. */
export function brokePromise(row: SummaryRow): boolean {
  return row.contract !== 'none' && (row.violations ?? 0) > 0
}

function ranked(contract: string, rows: readonly SummaryRow[]): readonly SummaryRow[] {
  if (contract === 'none') return rows
  return rows.toSorted((a, b) => tier(a) - tier(b) || (a.ns_per_op ?? 0) - (b.ns_per_op ?? 0))
}

/** A time reached by breaking the promise never leads; what has no time comes last, in the order of the plan. */
function tier(row: SummaryRow): number {
  if (row.ns_per_op === null) return 2
  return brokePromise(row) ? 1 : 0
}

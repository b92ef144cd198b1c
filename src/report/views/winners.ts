/** Who is fastest where, within each contract. */
import type { SummaryRow } from '../../records/summaryColumns.js'
import { blocksOf, brokePromise, groupByContract } from '../ranking.js'

export interface Winner {
  readonly best: SummaryRow
  /** The next one of the same contract; null where the best is alone. */
  readonly second: SummaryRow | null
  /**
   * Whether the best is faster than the second beyond the noise. Virtual time has none. Real threads: their intervals
   * do not meet; null where one of them has too few repetitions for an interval.
   */
  readonly isDecided: boolean | null
}

/**
 * One for each block of equal work and each contract in it that promises anything. Who broke its promise, or has no time,
 * does not take part.
 */
export function winnersOf(rows: readonly SummaryRow[]): Winner[] {
  return blocksOf(rows).flatMap((block) =>
    groupByContract(block)
      .filter(({ contract }) => contract !== 'none')
      .map((group) => group.rows.filter((row) => row.ns_per_op !== null && !brokePromise(row)))
      .filter((ranked) => ranked.length > 0)
      .map(([best, second = null]) => ({ best, second, isDecided: isDecided(best, second) })),
  )
}

function isDecided(best: SummaryRow, second: SummaryRow | null): boolean | null {
  if (second === null) return true
  if (best.engine === 'sim') return best.ns_per_op !== second.ns_per_op
  if (best.ns_per_op_high === null || second.ns_per_op_low === null) return null
  return best.ns_per_op_high < second.ns_per_op_low
}

import { quantile } from '../../src/stats/quantile.js'
import { measureRounds } from './measureRounds.js'
import type { Side, SideRow } from './suite.js'

/** Of the budget. */
const WARMUP_SHARE = 0.3

/**
 * Measures the sides of a suite round by round. The ratio is taken in each round and then the median.
 * @param random decides the order in each round
 */
export async function compare(
  suite: string,
  sides: readonly Side[],
  budgetMs: number,
  random: (bound: number) => number,
): Promise<SideRow[]> {
  const warmupMs = budgetMs * WARMUP_SHARE
  const perOperation = await measureRounds(sides, { warmupMs, measuredMs: budgetMs - warmupMs, random })
  return sides.map((side) => rowOf(suite, side, perOperation))
}

function rowOf(suite: string, side: Side, perOperation: ReadonlyMap<string, number[]>): SideRow {
  const own = perOperation.get(side.name) ?? []
  const other = side.against === undefined ? undefined : perOperation.get(side.against)
  const ratios = other === undefined ? [] : own.map((ns, round) => ns / other[round])
  return {
    suite,
    task: side.name,
    operation: side.operation,
    unit: 'ns',
    value: quantile(own, 0.5) ?? NaN,
    against: side.against ?? null,
    ratio: quantile(ratios, 0.5),
    rounds: own.length,
    target: side.target ?? null,
  }
}

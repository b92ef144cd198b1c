import { shuffled } from '../harness/shuffled.js'
import type { CertificationRow } from '../records/certificationColumns.js'
import { CALIBRATED_CELL } from './injection.js'
import { isSlower, type Rule } from './decide.js'
import type { ObservationRow } from '../records/observationColumns.js'

/** Processes of each cell, for which the curve is given. */
export const CURVE_PROCESSES = [8, 10, 12, 16, 20, 30, 40]
const SUBSETS = 500

/** Share of gate runs that would alarm, were they made of so many of the processes that are on record. */
export interface CurvePoint {
  injectedPercent: number
  processes: number
  /** Null: fewer processes than that were run, of some cell. */
  rate: number | null
}

/**
 * What another budget would buy: the rule applied to random subsets of the processes of the first batches. Subsets of one
 * pool are no independent gate runs, and their rates have no bounds; the certified rates beside them do. The control and
 * verdicts of inconclusive are left out.
 *
 * None injected: an alarm in any cell. Injected: one in the calibrated cell. Both batches are drawn apart.
 */
export function curveOf(
  runs: readonly CertificationRow[],
  observations: readonly ObservationRow[],
  ruleOf: (cell: string) => Rule,
  random: (bound: number) => number,
): CurvePoint[] {
  const percentOf = new Map(runs.map((row) => [row.run, row.injected_percent]))
  const pools = new Map<number, Map<string, number[]>>()
  for (const { run, cell, batch, slower } of observations) {
    const percent = percentOf.get(run)
    // A run that was stopped has processes and no row.
    if (percent === undefined || batch !== 'first' || (percent > 0 && cell !== CALIBRATED_CELL)) continue
    const pool = pools.get(percent) ?? new Map<string, number[]>()
    pools.set(percent, pool)
    pool.set(cell, [...(pool.get(cell) ?? []), slower])
  }
  const cellCount = Math.max(0, ...runs.map(({ cells }) => cells))
  return [...pools]
    .sort(([a], [b]) => a - b)
    .flatMap(([injectedPercent, pool]) =>
      CURVE_PROCESSES.map((processes) => ({
        injectedPercent,
        processes,
        rate: alarmRate([...pool], processes, cellCount, ruleOf, random),
      })),
    )
}

function alarmRate(
  cells: readonly (readonly [cell: string, logRatios: readonly number[]])[],
  processes: number,
  cellCount: number,
  ruleOf: (cell: string) => Rule,
  random: (bound: number) => number,
): number | null {
  if (cells.some(([, pool]) => pool.length < processes)) return null
  const found = (pool: readonly number[], rule: Rule, alpha: number): number => {
    let count = 0
    for (let subset = 0; subset < SUBSETS; subset++) {
      const drawn = shuffled(pool, random).slice(0, processes)
      if (isSlower(drawn, rule, alpha)) count++
    }
    return count / SUBSETS
  }
  // Bonferroni in place of Holm: where one cell is slower, Holm's first step is the same.
  const silent = cells.reduce((product, [cell, pool]) => {
    const rule = ruleOf(cell)
    return product * (1 - found(pool, rule, rule.alpha / cellCount) * found(pool, rule, rule.alpha))
  }, 1)
  return 1 - silent
}

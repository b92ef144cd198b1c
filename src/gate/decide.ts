import { hodgesLehmann, hodgesLehmannInterval } from '../stats/hodgesLehmann.js'
import { holm } from '../stats/holm.js'
import { signedRank } from '../stats/signedRank.js'
import type { DuelDone, WallCell } from './duel.js'
import type { Comparison } from './verdict.js'

/** When a batch calls a cell slower. */
export interface Rule {
  /** Level over all cells of one batch. A regression has to pass it twice, in independent batches. */
  readonly alpha: number
  /** Level at which the control, which is the same twice, voids a batch. */
  readonly controlAlpha: number
  /** The slowdown that is looked for: 1.05 is 5 %. */
  readonly target: number
}

export const RULE: Rule = { alpha: 0.05, controlAlpha: 0.01, target: 1.05 }

/** What an estimate must exceed to count: half of the target, so that a true slowdown is not missed for being estimated low. */
export function leastRatioOf({ target }: Pick<Rule, 'target'>): number {
  return 1 + (target - 1) / 2
}

/** The rule for each cell by its name: some have a target of their own. */
export function rulesOf(cells: readonly WallCell[], rule: Rule): (cell: string) => Rule {
  return (name) => ({ ...rule, target: cells.find((cell) => cell.name === name)?.target ?? rule.target })
}

const INTERVAL_CONFIDENCE = 0.95

/** What a batch says of one cell. */
export interface Judged {
  readonly cell: string
  readonly batch: Comparison
  readonly control: Comparison
  readonly isSlower: boolean
  /** The control differs: whatever the batch says of this cell may be due to the same. */
  readonly isVoid: boolean
}

/**
 * Significance and effect together: with many processes a slowdown of nothing becomes significant, and with few a large
 * one is luck. The test is the signed-rank test over processes, exact, which assumes independent processes and symmetry
 * of their log-ratios; rounds within a process share what V8 has compiled, and are no observations.
 * @param observations of every cell, at least {@link leastProcesses} each
 * @param ruleOf where a cell has a target of its own
 */
export function judgeBatch(
  observations: ReadonlyMap<string, readonly DuelDone[]>,
  rule: Rule,
  ruleOf: (cell: string) => Rule = () => rule,
): Judged[] {
  const cells = [...observations]
  const slower = cells.map(([, duels]) =>
    comparisonOf(
      duels.map((duel) => duel.slower),
      'greater',
    ),
  )
  const control = cells.map(([, duels]) =>
    comparisonOf(
      duels.map((duel) => duel.control),
      'two-sided',
    ),
  )
  adjust(slower)
  adjust(control)
  return cells.map(([cell], at) => ({
    cell,
    batch: slower[at],
    control: control[at],
    isSlower: slower[at].pAdjusted <= rule.alpha && slower[at].ratio > leastRatioOf(ruleOf(cell)),
    isVoid:
      control[at].pAdjusted <= rule.controlAlpha &&
      Math.max(control[at].ratio, 1 / control[at].ratio) > leastRatioOf(ruleOf(cell)),
  }))
}

/** The same for one cell alone, at a level that allows for the others: significance and effect. */
export function isSlower(logRatios: readonly number[], rule: Rule, alpha: number): boolean {
  const estimate = hodgesLehmann(logRatios)
  const test = signedRank(logRatios, 'greater')
  return estimate !== null && test !== null && estimate > Math.log(leastRatioOf(rule)) && test.p <= alpha
}

function comparisonOf(logRatios: readonly number[], alternative: 'greater' | 'two-sided'): Comparison {
  const ratio = hodgesLehmann(logRatios)
  const interval = hodgesLehmannInterval(logRatios, INTERVAL_CONFIDENCE)
  const test = signedRank(logRatios, alternative)
  if (ratio === null || interval === null || test === null)
    throw new RangeError(`${logRatios.length} processes say nothing`)
  return {
    processes: logRatios.length,
    ratio: Math.exp(ratio),
    low: Math.exp(interval.low),
    high: Math.exp(interval.high),
    coverage: interval.coverage,
    p: test.p,
    pAdjusted: test.p,
  }
}

/** Over the cells of a batch, because one in twenty of many cells would alarm at 5 % each. */
function adjust(comparisons: Comparison[]): void {
  holm(comparisons.map(({ p }) => p)).forEach((p, at) => (comparisons[at].pAdjusted = p))
}

/** An interval of 95 % for a median needs as many. */
const LEAST_FOR_INTERVAL = 6

/**
 * With fewer processes not even a difference in all of them is significant, of the pair (one-sided, the smallest p of n
 * signs is 2^-n) or of the control (two-sided, twice that).
 */
export function leastProcesses(cells: number, rule: Rule): number {
  const forPair = Math.ceil(Math.log2(cells / rule.alpha))
  const forControl = Math.ceil(Math.log2((2 * cells) / rule.controlAlpha))
  return Math.max(LEAST_FOR_INTERVAL, forPair, forControl)
}

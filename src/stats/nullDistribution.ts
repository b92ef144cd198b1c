/**
 * How a rank statistic is distributed where nothing differs: all outcomes (assignments of signs, splits in
 * two samples) are then equally likely, and counting them is exact. Counts are doubles: exact up to 2^53, beyond
 * that correct to some n units in the last place, for they are sums of positive numbers.
 */
export interface NullDistribution {
  /** At index t: the outcomes in which the statistic is t. */
  readonly counts: Float64Array
  /** Of all counts. */
  readonly outcomes: number
}

/** What is held against the null hypothesis: `greater` that values lie higher, `two-sided` that they lie elsewhere. */
export type Alternative = 'greater' | 'two-sided'

/**
 * Probability, where nothing differs, of a statistic as extreme as this one. Two-sided it is twice the smaller
 * tail, at most 1 (Hollander and Wolfe; R's wilcox.test): with ties the distribution need not be symmetric.
 */
export function exactP(
  { counts, outcomes }: NullDistribution,
  statistic: number,
  alternative: Alternative,
): number {
  const atLeast = sum(counts, statistic, counts.length)
  if (alternative === 'greater') return Math.min(1, atLeast / outcomes)
  const atMost = sum(counts, 0, statistic + 1)
  return Math.min(1, (2 * Math.min(atLeast, atMost)) / outcomes)
}

function sum(counts: Float64Array, from: number, to: number): number {
  let total = 0
  for (let index = from; index < to; index++) total += counts[index]
  return total
}

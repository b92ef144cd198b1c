/**
 * An interval for the median of few repetitions, from order statistics: it assumes independent
 * repetitions and nothing about their distribution, which for latencies is skewed and often has two
 * humps. The sample's d-th smallest and d-th largest value enclose the true median with probability
 * 1 - 2 P(B < d), B binomial (n, 1/2): outside lie only the samples with fewer than d values on one
 * side (David and Nagaraja, Order Statistics, section 7.1).
 *
 * Rejected: a percentile bootstrap. At n = 5 it cannot cover more than these order statistics do, since
 * it never leaves the range of the sample, and it hides that behind a nominal 95 %.
 */

/** The innermost pair that reaches this is taken. */
const NOMINAL_COVERAGE = 0.95
/**
 * Where not even the whole range reaches that, the range is given with the coverage that it has: 0.9375
 * for n = 5, 0.875 for 4, 0.75 for 3. The range of two is as likely wrong as right, and is not given.
 */
const LEAST_COVERAGE = 0.75

export interface MedianInterval {
  readonly low: number
  readonly high: number
  /** Probability that such an interval encloses the median: exactly this without ties, at least this with ties. */
  readonly coverage: number
}

/** @returns null below 3 values */
export function medianInterval(values: readonly number[]): MedianInterval | null {
  const ranks = medianRanks(values.length)
  if (ranks === null) return null
  const sorted = values.toSorted((a, b) => a - b)
  return { low: sorted[ranks.rank - 1], high: sorted[values.length - ranks.rank], coverage: ranks.coverage }
}

/** @returns `rank` d, counted from 1, for the d-th smallest and the d-th largest of n values */
export function medianRanks(n: number): { rank: number; coverage: number } | null {
  let found: { rank: number; coverage: number } | null = null
  // In integers: 2^-n leaves the range of a double, and a rounded tail could pick the wrong rank.
  const samples = 1n << BigInt(n)
  let exactly = 1n
  let fewer = 0n
  for (let rank = 1; rank <= n / 2; rank++) {
    fewer += exactly
    exactly = (exactly * BigInt(n - rank + 1)) / BigInt(rank)
    const coverage = 1 - ratio(2n * fewer, samples)
    const wanted = rank === 1 ? LEAST_COVERAGE : NOMINAL_COVERAGE
    if (coverage < wanted) break
    found = { rank, coverage }
  }
  return found
}

/** Correct to 2^-60, for a ratio of at most 1. */
function ratio(part: bigint, whole: bigint): number {
  return Number((part << 60n) / whole) / 2 ** 60
}

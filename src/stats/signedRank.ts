import { areTied, doubledMidranks } from './midranks.js'
import { exactP, type Alternative, type NullDistribution } from './nullDistribution.js'
import { refuseNotFinite } from './refuse.js'

/**
 * Wilcoxon's signed-rank test of one sample against 0 (Wilcoxon 1945; Hollander and Wolfe, section 3.1). It
 * assumes independent values with one symmetric distribution. Always exact: where the values are symmetric
 * about 0, each sign is a fair coin whatever the ranks are, ties included, so no normal approximation is needed.
 */

/** Beyond it 2^n nears the end of a double, and the counting takes seconds. */
const MOST_VALUES = 1000

export interface SignedRank {
  /** Sum of the ranks of the positive values, R's V; ties share midranks, so it may end in .5. */
  statistic: number
  /** Values that counted. Zeros are dropped before ranking, as Wilcoxon did. */
  n: number
  p: number
}

/** @returns null where there are no values. Where all are 0 there is nothing against the null hypothesis: p is 1. */
export function signedRank(values: readonly number[], alternative: Alternative): SignedRank | null {
  refuseNotFinite('signed-rank test', values)
  if (values.length === 0) return null
  const counted = values.filter((value) => value !== 0)
  const doubled = doubledMidranks(counted.map(Math.abs))
  const doubledSum = doubled.reduce((sum, rank, index) => (counted[index] > 0 ? sum + rank : sum), 0)
  const p = areTied(doubled)
    ? exactP(distributionOfSums(doubled), doubledSum, alternative)
    : exactP(signedRankNull(counted.length), doubledSum / 2, alternative)
  return { statistic: doubledSum / 2, n: counted.length, p }
}

const untied = new Map<number, NullDistribution>()

/** The distribution of the statistic for n values without ties; computed once for each n. */
export function signedRankNull(n: number): NullDistribution {
  const known = untied.get(n)
  if (known !== undefined) return known
  const distribution = distributionOfSums(Array.from({ length: n }, (_, index) => index + 1))
  untied.set(n, distribution)
  return distribution
}

/** Counts the 2^n sets of these ranks by their sum, one more rank at a time. */
function distributionOfSums(ranks: readonly number[]): NullDistribution {
  if (ranks.length > MOST_VALUES)
    throw new RangeError(`signed ranks of ${ranks.length} values, more than ${MOST_VALUES}`)
  const counts = new Float64Array(ranks.reduce((sum, rank) => sum + rank, 0) + 1)
  counts[0] = 1
  let largest = 0
  for (const rank of ranks) {
    largest += rank
    // Downwards, so that what is added does not have this rank yet.
    for (let sum = largest; sum >= rank; sum--) counts[sum] += counts[sum - rank]
  }
  return { counts, outcomes: 2 ** ranks.length }
}

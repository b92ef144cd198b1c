import { areTied, doubledMidranks } from './midranks.js'
import { exactP, type Alternative, type NullDistribution } from './nullDistribution.js'
import { refuseNotFinite } from './refuse.js'

/**
 * The rank-sum test of two independent samples (Wilcoxon 1945; Mann and Whitney 1947; Hollander and Wolfe, section
 * 4.1). Always exact: where both samples have one distribution, every split of the pooled values into samples of
 * these sizes is equally likely, ties included.
 */

/** Of both samples together: the counting takes time with the third power of it, and space with more than the second. */
const MOST_VALUES = 200

export interface MannWhitney {
  /** Pairs in which the value of `a` is the greater one, U or R's W; a tied pair counts half. */
  statistic: number
  p: number
}

/** @param alternative `greater`: values of `a` lie above those of `b`. @returns null where either has no values */
export function mannWhitney(
  a: readonly number[],
  b: readonly number[],
  alternative: Alternative,
): MannWhitney | null {
  refuseNotFinite('rank-sum test', a)
  refuseNotFinite('rank-sum test', b)
  if (a.length === 0 || b.length === 0) return null
  const doubled = doubledMidranks([...a, ...b])
  const doubledSum = doubled.slice(0, a.length).reduce((sum, rank) => sum + rank, 0)
  // Twice the statistic: what the rank sum exceeds the least possible one by.
  const doubledPairs = doubledSum - a.length * (a.length + 1)
  const p = areTied(doubled)
    ? exactP(distributionOfSums(doubled, a.length, a.length * (a.length + 1)), doubledPairs, alternative)
    : exactP(mannWhitneyNull(a.length, b.length), doubledPairs / 2, alternative)
  return { statistic: doubledPairs / 2, p }
}

/** The distribution of the statistic for samples of these sizes without ties. */
export function mannWhitneyNull(aLength: number, bLength: number): NullDistribution {
  const ranks = Array.from({ length: aLength + bLength }, (_, index) => index + 1)
  return distributionOfSums(ranks, aLength, (aLength * (aLength + 1)) / 2)
}

/** Counts the choices of so many of these ranks by what their sum exceeds `leastSum` by, one more rank at a time. */
function distributionOfSums(ranks: readonly number[], chosen: number, leastSum: number): NullDistribution {
  if (ranks.length > MOST_VALUES)
    throw new RangeError(`rank sums of ${ranks.length} values, more than ${MOST_VALUES}`)
  const largestSum = ranks
    .toSorted((a, b) => b - a)
    .slice(0, chosen)
    .reduce((sum, rank) => sum + rank, 0)
  const bySize = Array.from({ length: chosen + 1 }, () => new Float64Array(largestSum + 1))
  bySize[0][0] = 1
  for (const [index, rank] of ranks.entries()) {
    // Downwards, so that the smaller choices do not have this rank yet.
    for (let size = Math.min(index + 1, chosen); size > 0; size--) {
      const counts = bySize[size]
      const smaller = bySize[size - 1]
      for (let sum = rank; sum <= largestSum; sum++) counts[sum] += smaller[sum - rank]
    }
  }
  const counts = bySize[chosen].subarray(leastSum)
  return { counts, outcomes: counts.reduce((sum, count) => sum + count, 0) }
}

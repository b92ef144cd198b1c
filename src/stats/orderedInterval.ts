import type { NullDistribution } from './nullDistribution.js'
import { refuseLevel } from './refuse.js'

export interface Interval {
  readonly low: number
  readonly high: number
  /** Probability that such an interval encloses the true value: exactly this without ties, at least this with ties. */
  readonly coverage: number
}

/**
 * Inverts a rank test into an interval. The test's statistic, of a sample shifted by x, is the number of `values`
 * above x, and is distributed symmetrically; hence the k-th smallest and the k-th largest of them enclose the
 * true shift unless the statistic falls below k on either side (Hollander and Wolfe, sections 3.3 and 4.3).
 *
 * @param values as many as the statistic's largest value; sorted in place
 * @param least coverage, between 0 and 1
 * @returns the innermost such pair; null where even the outermost covers less
 */
export function orderedInterval(
  values: Float64Array,
  { counts, outcomes }: NullDistribution,
  least: number,
): Interval | null {
  refuseLevel('coverage', least)
  values.sort()
  let found: Interval | null = null
  let below = 0
  for (let k = 1; k <= values.length / 2; k++) {
    below += counts[k - 1]
    // One division of two integers, so that a coverage equal to the wanted one is found equal.
    const coverage = (outcomes - 2 * below) / outcomes
    if (coverage < least) break
    found = { low: values[k - 1], high: values[values.length - k], coverage }
  }
  return found
}

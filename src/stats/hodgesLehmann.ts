import { orderedInterval, type Interval } from './orderedInterval.js'
import { median } from './quantile.js'
import { refuseNotFinite } from './refuse.js'
import { signedRankNull } from './signedRank.js'

/**
 * Hodges and Lehmann's estimate of where a symmetric distribution is centred: the median of the Walsh averages,
 * the means of every value with itself and with every other (Hodges and Lehmann 1963; Hollander and Wolfe,
 * sections 3.2 and 3.3). It belongs to the signed-rank test, and so does the interval: it holds the
 * centres that the two-sided test does not reject.
 */

/** @returns null where there are no values */
export function hodgesLehmann(values: readonly number[]): number | null {
  return median(walshAverages(values))
}

/**
 * Zeros are values like all others here, whatever the test does with them.
 *
 * @param coverage that it must reach at least, between 0 and 1
 * @returns null where no interval of so few values covers so much: 1 - 2^(1 - n) is the most
 */
export function hodgesLehmannInterval(values: readonly number[], coverage: number): Interval | null {
  return orderedInterval(Float64Array.from(walshAverages(values)), signedRankNull(values.length), coverage)
}

function walshAverages(values: readonly number[]): number[] {
  refuseNotFinite('Hodges-Lehmann estimate', values)
  const averages: number[] = []
  for (let i = 0; i < values.length; i++)
    for (let j = i; j < values.length; j++) averages.push((values[i] + values[j]) / 2)
  return averages
}

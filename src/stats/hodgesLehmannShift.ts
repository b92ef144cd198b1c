import { mannWhitneyNull } from './mannWhitney.js'
import { orderedInterval, type Interval } from './orderedInterval.js'
import { median } from './quantile.js'
import { refuseNotFinite } from './refuse.js'

/**
 * Hodges and Lehmann's estimate of how far one sample lies above another: the median of the differences of every
 * value of the one and every value of the other (Hodges and Lehmann 1963; Hollander and Wolfe, sections 4.2 and
 * 4.3). It is not the difference of the medians. It belongs to the Mann-Whitney test, and so does the interval: it
 * holds the shifts that the two-sided test does not reject, if the distributions differ by a shift alone.
 */

/** @returns how far `a` lies above `b`, in their unit; null where either has no values */
export function hodgesLehmannShift(a: readonly number[], b: readonly number[]): number | null {
  return median(differences(a, b))
}

/**
 * @param coverage that it must reach at least, between 0 and 1
 * @returns null where no interval of so few values covers so much
 */
export function hodgesLehmannShiftInterval(
  a: readonly number[],
  b: readonly number[],
  coverage: number,
): Interval | null {
  return orderedInterval(Float64Array.from(differences(a, b)), mannWhitneyNull(a.length, b.length), coverage)
}

function differences(a: readonly number[], b: readonly number[]): number[] {
  refuseNotFinite('Hodges-Lehmann estimate', a)
  refuseNotFinite('Hodges-Lehmann estimate', b)
  return a.flatMap((valueOfA) => b.map((valueOfB) => valueOfA - valueOfB))
}

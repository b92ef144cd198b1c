import { refuseNotFinite } from './refuse.js'

/**
 * The one definition of a quantile in this project: R-7 (Hyndman and Fan 1996, type 7; the default of
 * R, NumPy and tinybench). Linear between the order statistics around position (n - 1) * p.
 */

/** @param values in any order; not changed. @returns null where there are none: unknown, not zero */
export function quantile(values: readonly number[], p: number): number | null {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`quantile ${p} is not between 0 and 1`)
  refuseNotFinite('quantile', values)
  return quantileOfSorted(
    values.toSorted((a, b) => a - b),
    p,
  )
}

export function median(values: readonly number[]): number | null {
  return quantile(values, 0.5)
}

function quantileOfSorted(sorted: readonly number[], p: number): number | null {
  if (sorted.length === 0) return null
  const position = (sorted.length - 1) * p
  const below = Math.floor(position)
  const fraction = position - below
  const low = sorted[below]
  // At an order statistic it is exactly that one, also at the last, which has no successor.
  return fraction === 0 ? low : low + fraction * (sorted[below + 1] - low)
}

import { refuseNotFinite } from './refuse.js'

/** y = intercept + slope · x. */
export interface Line {
  intercept: number
  slope: number
}

/**
 * Gauss's line of least squares through points (x, y).
 * @returns null where all points have the same x, or there are fewer than two
 */
export function leastSquares(points: readonly (readonly [x: number, y: number])[]): Line | null {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)]
  refuseNotFinite('line of least squares', xs)
  refuseNotFinite('line of least squares', ys)
  const [meanX, meanY] = [mean(xs), mean(ys)]
  const spread = xs.reduce((sum, x) => sum + (x - meanX) ** 2, 0)
  if (!(spread > 0)) return null
  const slope = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread
  return { intercept: meanY - slope * meanX, slope }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

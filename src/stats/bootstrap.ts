import { normalCdf, normalQuantile } from './normal.js'
import { quantile } from './quantile.js'
import { refuseLevel, refuseNotFinite } from './refuse.js'

/**
 * Bootstrap intervals of any statistic of one sample (Efron and Tibshirani, An Introduction to the Bootstrap,
 * chapters 13 and 14). Both assume independent values and reach their coverage only as the sample grows: for
 * the median and the centre of few values there are exact intervals here. Values may be anything that the statistic
 * takes, pairs for example, which are then resampled together.
 */
export interface Bootstrap<T> {
  values: readonly T[]
  /** Must not be NaN or infinite for any resample. */
  statistic: (sample: readonly T[]) => number
  /** 1,000 at least for the ends of a 95 % interval, 10,000 for quiet ones. */
  resamples: number
  /** Nominal, between 0 and 1. */
  coverage: number
  /** An integer from 0 to below `bound`, all equally likely. */
  random: (bound: number) => number
}

export interface BootstrapInterval {
  low: number
  high: number
}

/** Quantiles of the resampled statistic. @returns null below 2 values, whose resamples are all the same */
export function percentileInterval<T>(bootstrap: Bootstrap<T>): BootstrapInterval | null {
  const resampled = resampledStatistics(bootstrap)
  return resampled && between(resampled, (1 - bootstrap.coverage) / 2, (1 + bootstrap.coverage) / 2)
}

/**
 * Bias-corrected and accelerated (Efron 1987): other quantiles of the resampled statistic, moved by its median bias
 * and by how its spread changes with its size, both estimated from the sample. Each end then errs in coverage by the
 * order of 1/n, where those of the percentile interval err by that of 1/sqrt(n).
 *
 * @returns null below 2 values, and where there is no finite correction: every resample has more than the sample
 *   itself, or every one less
 */
export function bcaInterval<T>(bootstrap: Bootstrap<T>): BootstrapInterval | null {
  const resampled = resampledStatistics(bootstrap)
  if (resampled === null) return null
  const { values, statistic, coverage } = bootstrap
  const share = shareBelow(resampled, statistic(values))
  if (share === 0 || share === 1) return null
  const bias = normalQuantile(share)
  const acceleration = accelerationOf(values, statistic)
  const z = normalQuantile((1 + coverage) / 2)
  // It falls with the distance from the middle, and past 0 the formula jumps to the other side.
  if (1 - Math.abs(acceleration) * (Math.abs(bias) + z) <= 0) return null
  const corrected = (end: number): number =>
    normalCdf(bias + (bias + end) / (1 - acceleration * (bias + end)))
  return between(resampled, corrected(-z), corrected(z))
}

function resampledStatistics<T>(bootstrap: Bootstrap<T>): number[] | null {
  const { values, statistic, resamples, coverage, random } = bootstrap
  refuseLevel('coverage', coverage)
  if (!(Number.isSafeInteger(resamples) && resamples > 0))
    throw new RangeError(`${resamples} is no number of resamples`)
  if (values.length < 2) return null
  const resampled = Array.from({ length: resamples }, () =>
    statistic(values.map(() => values[random(values.length)])),
  )
  refuseNotFinite('bootstrap', resampled)
  return resampled
}

function between(resampled: readonly number[], lowLevel: number, highLevel: number): BootstrapInterval {
  return { low: quantile(resampled, lowLevel)!, high: quantile(resampled, highLevel)! }
}

/** Equal ones count half, or a statistic that takes few different values would look biased. */
function shareBelow(resampled: readonly number[], observed: number): number {
  let below = 0
  for (const value of resampled) if (value <= observed) below += value < observed ? 1 : 0.5
  return below / resampled.length
}

/** From the jackknife: a sixth of the skewness of the statistic without each of the values in turn. */
function accelerationOf<T>(values: readonly T[], statistic: (sample: readonly T[]) => number): number {
  const without = values.map((_, index) => statistic(values.toSpliced(index, 1)))
  refuseNotFinite('jackknife', without)
  // Not left to the sums below: a mean rounded away from equal values would give them a skewness.
  if (without.every((value) => value === without[0])) return 0
  const mean = without.reduce((sum, value) => sum + value, 0) / without.length
  let squares = 0
  let cubes = 0
  for (const value of without) {
    squares += (mean - value) ** 2
    cubes += (mean - value) ** 3
  }
  return cubes / (6 * squares ** 1.5)
}

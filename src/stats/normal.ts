import { bisect } from './bisect.js'

/** The standard normal distribution, correct to some 1e-15: enough for whoever asks which quantile to take. */

/** Beyond it less than 1e-18 is left, which no double next to 1 can show. */
const FARTHEST = 9

/** Probability of at most z: Marsaglia, Evaluating the Normal Distribution, JSS 11(4), 2004. */
export function normalCdf(z: number): number {
  if (Math.abs(z) > FARTHEST) return z < 0 ? 0 : 1
  let sum = z
  let term = z
  for (let odd = 3, previous = 0; Math.abs(sum) > Math.abs(previous); odd += 2) {
    previous = sum
    term *= (z * z) / odd
    sum += term
  }
  const p = 0.5 + (sum * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI)
  // Far out, rounding can carry it past the ends.
  return Math.min(1, Math.max(0, p))
}

/** @param p between 0 and 1. @returns z with that probability of at most z */
export function normalQuantile(p: number): number {
  return bisect(-FARTHEST, FARTHEST, (z) => normalCdf(z) < p)
}

import { bisect } from './bisect.js'
import { refuseLevel } from './refuse.js'

/**
 * Exact bounds of a probability of which so many of so many independent trials were successes (Clopper and Pearson
 * 1934): the upper bound is the greatest probability that leaves so few successes at least the error allowed, the
 * lower one the least that leaves so many it. Each covers at least as often as it says, mostly more often.
 *
 * All functions give null where there are no trials: a probability that was never tried is unknown.
 */

/** Of two sides: each bound errs with half of what `confidence` allows. */
export function clopperPearson(
  successes: number,
  trials: number,
  confidence: number,
): { low: number; high: number } | null {
  refuseLevel('confidence', confidence)
  const oneSided = (1 + confidence) / 2
  const low = clopperPearsonLower(successes, trials, oneSided)
  const high = clopperPearsonUpper(successes, trials, oneSided)
  return low === null || high === null ? null : { low, high }
}

/** One-sided: the probability is at most this, with `confidence`. */
export function clopperPearsonUpper(successes: number, trials: number, confidence: number): number | null {
  refuseMisuse(successes, trials, confidence)
  if (trials === 0) return null
  if (successes === trials) return 1
  return bisect(0, 1, (p) => probabilityOfAtMost(successes, trials, p / (1 - p)) > 1 - confidence)
}

/** One-sided: the probability is at least this, with `confidence`. */
export function clopperPearsonLower(successes: number, trials: number, confidence: number): number | null {
  refuseMisuse(successes, trials, confidence)
  if (trials === 0) return null
  if (successes === 0) return 0
  // So many successes are so few failures.
  return bisect(0, 1, (p) => probabilityOfAtMost(trials - successes, trials, (1 - p) / p) < 1 - confidence)
}

/**
 * Binomial: at most `most` successes (fewer than `trials`, or the failures likewise), `odds` of one being p / (1 - p).
 * Every term is a multiple of the one at `most`, by ratios of neighbours: no factorial, no logarithm. The terms rise
 * from there on one side at most, so only one of the sums can leave the range of a double, and it then outweighs
 * the other.
 */
function probabilityOfAtMost(most: number, trials: number, odds: number): number {
  let atMost = 0
  for (let k = most, term = 1; k >= 0; k--) {
    atMost += term
    term *= k / (trials - k + 1) / odds
  }
  let above = 0
  for (let k = most, term = 1; k < trials; k++) {
    term *= ((trials - k) / (k + 1)) * odds
    above += term
  }
  return atMost === Infinity ? 1 : atMost / (atMost + above)
}

function refuseMisuse(successes: number, trials: number, confidence: number): void {
  refuseLevel('confidence', confidence)
  if (
    !(
      Number.isSafeInteger(trials) &&
      Number.isSafeInteger(successes) &&
      successes >= 0 &&
      successes <= trials
    )
  )
    throw new RangeError(`${successes} successes of ${trials} trials cannot be`)
}

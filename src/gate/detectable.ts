import { hodgesLehmann } from '../stats/hodgesLehmann.js'
import { isSlower, type Rule } from './decide.js'

/** Share of gate runs that find what is called detectable. */
const POWER = 0.95
const RESAMPLES = 400
/** A slowdown by half is found in any noise that one would call a measurement. */
const LARGEST = 1.5
/** Halvings of that range: to a tenth of a percent. */
const STEPS = 9

/**
 * The smallest slowdown that the rule, both batches together, would find in 95 of 100 gate runs whose processes scatter
 * as these do: the processes are drawn with replacement, centred on no difference and then moved by the slowdown. The
 * same draws serve every slowdown, so that a larger one is never found less often.
 *
 * In the first batch a cell competes with all others, in the second it is taken to be the only suspect.
 * @param logRatios of the processes of the first batch
 * @returns a ratio, 1.05 for 5 %; null: not even a slowdown by half
 */
export function detectableRatio(
  logRatios: readonly number[],
  cells: number,
  rule: Rule,
  random: (bound: number) => number,
): number | null {
  const centre = hodgesLehmann(logRatios)
  if (centre === null) return null
  const centred = logRatios.map((value) => value - centre)
  const draws = Array.from({ length: RESAMPLES }, () => centred.map(() => centred[random(centred.length)]))
  const power = (shift: number): number => {
    const moved = draws.map((draw) => draw.map((value) => value + shift))
    const found = (alpha: number): number =>
      moved.filter((draw) => isSlower(draw, rule, alpha)).length / RESAMPLES
    return found(rule.alpha / cells) * found(rule.alpha)
  }
  let [missed, found] = [0, Math.log(LARGEST)]
  if (power(found) < POWER) return null
  for (let step = 0; step < STEPS; step++) {
    const middle = (missed + found) / 2
    if (power(middle) < POWER) missed = middle
    else found = middle
  }
  return Math.exp(found)
}

import jstat from 'jstat'
import { describe, expect, test } from 'vitest'
import { judgeBatch, RULE } from '../dist/src/gate/decide.js'
import { detectableRatio } from '../dist/src/gate/detectable.js'
import { randomOf } from '../dist/src/harness/random.js'
import { NOISES } from './support/noise.js'
import { uniformOf } from './support/uniform.js'

/** Half of the 5 % that are looked for. */
const LEAST_RATIO = 1.025

const { normal } = jstat.jStat

/** Normal scores, scaled to a standard deviation of `sigma`: the sample has no luck of its own. */
function scores(count: number, sigma: number): number[] {
  const raw = Array.from({ length: count }, (_, at) => normal.inv((at + 0.5) / count, 0, 1))
  const spread = Math.sqrt(raw.reduce((sum, value) => sum + value * value, 0) / count)
  return raw.map((value) => (value / spread) * sigma)
}

/**
 * For normal scatter and many processes: the Hodges-Lehmann estimate has a standard deviation of sigma / sqrt(n) *
 * sqrt(pi / 3) (Hollander and Wolfe, section 3.2), and the signed-rank test at level a rejects where the estimate
 * exceeds z(1 - a) of these. The first batch tests at alpha / cells, the second at alpha, either one has to exceed the
 * least ratio besides, and both together succeed in 95 of 100.
 */
function theory(sigma: number, count: number, cells: number): number {
  const deviation = (sigma / Math.sqrt(count)) * Math.sqrt(Math.PI / 3)
  const power = (shift: number): number =>
    [RULE.alpha / cells, RULE.alpha]
      .map((level) => Math.max(Math.log(LEAST_RATIO), normal.inv(1 - level, 0, 1) * deviation))
      .reduce((product, limit) => product * normal.cdf((shift - limit) / deviation, 0, 1), 1)
  let shift = 0
  while (power(shift) < 0.95) shift += 1e-5
  return shift
}

const detectable = (logRatios: readonly number[], cells: number): number | null =>
  detectableRatio(logRatios, cells, RULE, randomOf(7, 0))

describe('the detectable slowdown', () => {
  test('is that of theory', () => {
    const ratios = [
      [0.02, 20, 1],
      [0.02, 30, 10],
      [0.05, 30, 1],
      [0.05, 30, 10],
      [0.1, 24, 4],
      [0.1, 40, 1],
    ].map(([sigma, count, cells]) => {
      const found = Math.log(detectable(scores(count, sigma), cells)!)
      return found / theory(sigma, count, cells)
    })
    // 400 draws tell a power of 95 % to 1.1 %, which is 2.5 % of the shift; three times that, and the next reason.
    expect(Math.min(...ratios)).toBeGreaterThan(0.92)
    expect(Math.max(...ratios)).toBeLessThan(1.12)
    // With 20 to 40 values the test rejects a little less often than its level. Were one batch enough, theory would
    // have 91 % of this.
    const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length
    expect(mean).toBeGreaterThan(1)
    expect(mean).toBeLessThan(1.08)
  })

  test('grows with the scatter and with the cells, and shrinks with the processes', () => {
    const increasing = (ratios: (number | null)[]) => {
      for (let at = 1; at < ratios.length; at++) expect(ratios[at]!).toBeGreaterThan(ratios[at - 1]!)
    }
    increasing([0.01, 0.02, 0.05, 0.1].map((sigma) => detectable(scores(20, sigma), 4)))
    increasing([1, 10, 100].map((cells) => detectable(scores(24, 0.05), cells)))
    increasing([40, 20, 12].map((count) => detectable(scores(count, 0.05), 4)))
  })

  test('does not depend on how much slower the processes are', () => {
    // The power of the same values moved is the same, but for rounding.
    const moved = scores(20, 0.05).map((value) => value + 0.1)
    expect(detectable(moved, 4)!).toBeCloseTo(detectable(scores(20, 0.05), 4)!, 2)
  })

  test('is never below the least ratio that counts', () => {
    // All alike: whatever exceeds the least ratio is found; 9 halvings of ln 1.5 are 0.08 %.
    const found = detectable(
      Array.from({ length: 12 }, () => 0.01),
      4,
    )!
    expect(found).toBeGreaterThan(LEAST_RATIO)
    expect(found).toBeLessThan(LEAST_RATIO * 1.001)
  })

  test('is unknown where not even a half is found, or where the processes are too few', () => {
    expect(detectable(scores(20, 1), 4)).toBeNull()
    // 2^-4 is above 5 %.
    expect(detectable(scores(4, 0.001), 1)).toBeNull()
    expect(detectable([], 1)).toBeNull()
  })
})

test('what it calls detectable is found as often as it says, by fresh processes of the same scatter', () => {
  const uniform = uniformOf(randomOf(3, 0))
  const [sigma, count] = [0.04, 20]
  const shift = Math.log(detectable(scores(count, sigma), 1)!)
  const draw = () =>
    Array.from({ length: count }, () => {
      const slower = shift + sigma * NOISES['normal'](uniform)
      const ns = { base: 1, head: 1, again: 1 }
      return { status: 'done', incomparable: null, ns, slower, control: 0, rounds: 5 } as const
    })
  const isFound = () => judgeBatch(new Map([['a', draw()]]), RULE)[0].isSlower
  const RUNS = 400
  const found = Array.from({ length: RUNS }, () => isFound() && isFound()).filter(Boolean).length
  // 8 % of the shift, see above, are a power of 91 %; three standard deviations of 400 runs are 4.3 %.
  expect(found / RUNS).toBeGreaterThan(0.87)
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { randomOf } from '../dist/src/harness/random.js'
import { hodgesLehmann, hodgesLehmannInterval } from '../dist/src/stats/hodgesLehmann.js'
import { signedRank } from '../dist/src/stats/signedRank.js'
import { uniformOf } from './support/uniform.js'

// Hollander and Wolfe, p. 29, later visit minus earlier one.
const depression = [-0.952, 0.147, -1.022, -0.43, -0.62, -0.59, -0.49, 0.08, -0.01]

const dyadic = fc.array(
  fc.integer({ min: -1000, max: 1000 }).map((value) => value / 8),
  { minLength: 1, maxLength: 12 },
)

describe('estimate', () => {
  test('of the depression data is as published', () => {
    expect(hodgesLehmann(depression)).toBeCloseTo(-0.46, 12)
  })

  test.each([
    [[4], 4],
    [[1, 2], 1.5],
    // 1, 1.5, 5.5, 2, 6, 10: between 2 and 5.5.
    [[1, 2, 10], 3.75],
    [[5, 5, 5, 5], 5],
  ])('of %j is %d', (values, expected) => {
    expect(hodgesLehmann(values)).toBe(expected)
  })

  // Dyadic values, whose sums and halves are exact.
  test('moves with shift and scale, and not with order', () => {
    fc.assert(
      fc.property(
        dyadic,
        fc.integer({ min: -64, max: 64 }),
        fc.constantFrom(-4, -1, 0.5, 2),
        (values, shift, scale) => {
          const estimate = hodgesLehmann(values)!
          expect(hodgesLehmann(values.map((value) => value * scale + shift))).toBeCloseTo(
            estimate * scale + shift,
            12,
          )
          expect(hodgesLehmann(values.toSorted((a, b) => a - b))).toBe(estimate)
          expect(estimate).toBeGreaterThanOrEqual(Math.min(...values))
          expect(estimate).toBeLessThanOrEqual(Math.max(...values))
        },
      ),
    )
  })

  test('of nothing is unknown, and refuses what is not finite', () => {
    expect(hodgesLehmann([])).toBeNull()
    expect(() => hodgesLehmann([1, NaN])).toThrow('Hodges-Lehmann estimate of a value that is not finite')
  })
})

describe('interval', () => {
  test('of the depression data is as published', () => {
    // Hollander and Wolfe, example 3.4: the sixth from each end, 96.1 %.
    const { low, high, coverage } = hodgesLehmannInterval(depression, 0.95)!
    expect(low).toBeCloseTo(-0.786, 12)
    expect(high).toBeCloseTo(-0.01, 12)
    expect(coverage).toBe(1 - 20 / 512)
  })

  test('of 5 values reaches 93.75 %, and no more', () => {
    const values = [3, 1, 4, 1.5, 9]
    expect(hodgesLehmannInterval(values, 0.9375)).toEqual({ low: 1, high: 9, coverage: 0.9375 })
    expect(hodgesLehmannInterval(values, 0.94)).toBeNull()
    // Walsh averages in order: 1, 1.25, ... and ..., 6.5, 9.
    expect(hodgesLehmannInterval(values, 0.875)).toEqual({ low: 1.25, high: 6.5, coverage: 0.875 })
  })

  test('of no and of one value covers nothing', () => {
    expect(hodgesLehmannInterval([], 0.5)).toBeNull()
    expect(hodgesLehmannInterval([1], 0.5)).toBeNull()
  })

  test('holds the centres that the two-sided test does not reject, and no others', () => {
    // Without ties between Walsh averages: powers of 2 and a shift.
    const values = [1, 2, 4, 8, 16, 32, 64, 128].map((value, index) => (index % 3 === 0 ? -value : value))
    const { low, high, coverage } = hodgesLehmannInterval(values, 0.9)!
    const pAt = (centre: number): number =>
      signedRank(
        values.map((value) => value - centre),
        'two-sided',
      )!.p
    const nudge = 1 / 1024
    expect(pAt(low - nudge)).toBeCloseTo(1 - coverage, 14)
    expect(pAt(high + nudge)).toBeCloseTo(1 - coverage, 14)
    expect(pAt(low + nudge)).toBeGreaterThan(1 - coverage)
    expect(pAt(high - nudge)).toBeGreaterThan(1 - coverage)
  })

  test('encloses the estimate and grows with the coverage', () => {
    fc.assert(
      fc.property(dyadic, (values) => {
        const estimate = hodgesLehmann(values)!
        const wide = hodgesLehmannInterval(values, 0.95)
        const narrow = hodgesLehmannInterval(values, 0.5)
        if (wide === null) return
        expect(wide.coverage).toBeGreaterThanOrEqual(0.95)
        expect(wide.low).toBeLessThanOrEqual(narrow!.low)
        expect(narrow!.low).toBeLessThanOrEqual(estimate)
        expect(estimate).toBeLessThanOrEqual(narrow!.high)
        expect(narrow!.high).toBeLessThanOrEqual(wide.high)
      }),
    )
  })

  test.each([
    [6, 0.95],
    [10, 0.95],
    [20, 0.9],
  ])('of %i values asked for %d encloses the true centre as often as it says', (n, wanted) => {
    const trials = 10_000
    const uniform = uniformOf(randomOf(1, 0))
    // Logistic: symmetric about its centre, 3.
    const draw = (): number => {
      const u = uniform()
      return 3 + Math.log(u / (1 - u))
    }
    let enclosed = 0
    let claimed = 0
    for (let trial = 0; trial < trials; trial++) {
      const { low, high, coverage } = hodgesLehmannInterval(Array.from({ length: n }, draw), wanted)!
      if (low <= 3 && 3 <= high) enclosed++
      claimed = coverage
    }
    const fourSigma = 4 * Math.sqrt((claimed * (1 - claimed)) / trials)
    expect(Math.abs(enclosed / trials - claimed)).toBeLessThan(fourSigma)
  })

  test('refuses a coverage that is none, and what is not finite', () => {
    for (const coverage of [0, 1, 95, NaN])
      expect(() => hodgesLehmannInterval([1, 2], coverage)).toThrow(`coverage ${coverage}`)
    expect(() => hodgesLehmannInterval([1, Infinity], 0.5)).toThrow(RangeError)
  })
})

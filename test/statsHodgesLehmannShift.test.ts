import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { randomOf } from '../dist/src/harness/random.js'
import { hodgesLehmannShift, hodgesLehmannShiftInterval } from '../dist/src/stats/hodgesLehmannShift.js'
import { mannWhitney } from '../dist/src/stats/mannWhitney.js'
import { uniformOf } from './support/uniform.js'

// Hollander and Wolfe, p. 69: permeability of the human chorioamnion at term and earlier.
const atTerm = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
const earlier = [1.15, 0.88, 0.9, 0.74, 1.21]

const dyadic = fc.array(
  fc.integer({ min: -1000, max: 1000 }).map((value) => value / 8),
  { minLength: 1, maxLength: 9 },
)

describe('shift', () => {
  test('of the permeability data is as published', () => {
    expect(hodgesLehmannShift(atTerm, earlier)).toBeCloseTo(0.305, 12)
  })

  test('is the median of the differences and not the difference of the medians', () => {
    // 1, 0, -2, 2, 1, -1, 9, 8, 6 in order: -2, -1, 0, 1, 1, 2, 6, 8, 9.
    expect(hodgesLehmannShift([1, 2, 9], [0, 1, 3])).toBe(1)
    // 0, -5, 1, -4, 8, 3: between 0 and 1, where the medians differ by -0.5.
    expect(hodgesLehmannShift([0, 1, 8], [0, 5])).toBe(0.5)
  })

  test('moves with shift and scale, turns with the samples, and not with order', () => {
    fc.assert(
      fc.property(dyadic, dyadic, fc.integer({ min: -64, max: 64 }), (a, b, shift) => {
        const estimate = hodgesLehmannShift(a, b)!
        const moved = a.map((value) => value + shift)
        expect(hodgesLehmannShift(moved, b)).toBeCloseTo(estimate + shift, 12)
        expect(hodgesLehmannShift(b, a)).toBeCloseTo(-estimate, 12)
        const halved = [a, b].map((values) => values.map((value) => value / 2).toReversed())
        expect(hodgesLehmannShift(halved[0], halved[1])).toBe(estimate / 2)
      }),
    )
  })

  test('of nothing is unknown, and refuses what is not finite', () => {
    expect(hodgesLehmannShift([], [1])).toBeNull()
    expect(hodgesLehmannShift([1], [])).toBeNull()
    expect(() => hodgesLehmannShift([1], [NaN])).toThrow(RangeError)
    expect(() => hodgesLehmannShift([NaN], [1])).toThrow(RangeError)
  })
})

describe('interval of the shift', () => {
  test('of the permeability data is as published', () => {
    // Hollander and Wolfe, example 4.4: -0.15 to 0.76 at 96 %, the ninth from each end. Exactly 1 - 2 * 60 / 3003,
    // by counting the splits in Python.
    const { low, high, coverage } = hodgesLehmannShiftInterval(atTerm, earlier, 0.95)!
    expect(low).toBeCloseTo(-0.15, 12)
    expect(high).toBeCloseTo(0.76, 12)
    expect(coverage).toBeCloseTo(0.9600399600399601, 15)
  })

  test('of 3 and 3 values reaches 90 %, and no more', () => {
    const [a, b] = [
      [10, 20, 40],
      [1, 2, 4],
    ]
    expect(hodgesLehmannShiftInterval(a, b, 0.9)).toEqual({ low: 6, high: 39, coverage: 0.9 })
    expect(hodgesLehmannShiftInterval(a, b, 0.91)).toBeNull()
    expect(hodgesLehmannShiftInterval([], b, 0.5)).toBeNull()
    expect(hodgesLehmannShiftInterval(a, [], 0.5)).toBeNull()
  })

  test('holds the shifts that the two-sided test does not reject, and no others', () => {
    const a = [1, 4, 16, 64, 256]
    const b = [2, 8, 32, 128]
    const { low, high, coverage } = hodgesLehmannShiftInterval(a, b, 0.9)!
    const pAt = (shift: number): number =>
      mannWhitney(
        a.map((value) => value - shift),
        b,
        'two-sided',
      )!.p
    const nudge = 1 / 1024
    expect(pAt(low - nudge)).toBeCloseTo(1 - coverage, 14)
    expect(pAt(high + nudge)).toBeCloseTo(1 - coverage, 14)
    expect(pAt(low + nudge)).toBeGreaterThan(1 - coverage)
    expect(pAt(high - nudge)).toBeGreaterThan(1 - coverage)
  })

  test.each([
    [4, 6, 0.9],
    [10, 10, 0.95],
  ])('of %i and %i skewed values asked for %d encloses the shift as often as it says', (m, n, wanted) => {
    const trials = 10_000
    const uniform = uniformOf(randomOf(2, 0))
    // Exponential, and one of the samples higher by 1.
    const draw = (): number => -Math.log(uniform())
    let enclosed = 0
    let claimed = 0
    for (let trial = 0; trial < trials; trial++) {
      const a = Array.from({ length: m }, () => 1 + draw())
      const { low, high, coverage } = hodgesLehmannShiftInterval(a, Array.from({ length: n }, draw), wanted)!
      if (low <= 1 && 1 <= high) enclosed++
      claimed = coverage
    }
    const fourSigma = 4 * Math.sqrt((claimed * (1 - claimed)) / trials)
    expect(Math.abs(enclosed / trials - claimed)).toBeLessThan(fourSigma)
  })

  test('refuses a coverage that is none', () => {
    for (const coverage of [0, 1, 95, NaN])
      expect(() => hodgesLehmannShiftInterval([1, 2], [3], coverage)).toThrow(`coverage ${coverage}`)
  })
})

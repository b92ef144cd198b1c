import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { median, quantile } from '../dist/src/stats/quantile.js'

const finite = fc.double({ min: -1e9, max: 1e9, noNaN: true })

describe('quantile', () => {
  // R: quantile(x, p, type = 7). Other definitions differ: type 6 gives 1.25 for the first, type 1 gives 1.
  test.each([
    [[1, 2, 3, 4], 0.25, 1.75],
    [[1, 3, 6, 10, 15], 0.9, 13],
    [[15, 20, 35, 40, 50], 0.4, 29],
    [[3, 6, 7, 8, 8, 10, 13, 15, 16, 20], 0.25, 7.25],
    [[7], 0.99, 7],
  ])('of %j at %d is R-7', (values, p, expected) => {
    expect(quantile(values, p)).toBeCloseTo(expected, 12)
  })

  test('takes the smallest and the largest value at the ends', () => {
    expect(quantile([5, 1, 9], 0)).toBe(1)
    expect(quantile([5, 1, 9], 1)).toBe(9)
  })

  test('sorts by size and not by text, and leaves its input alone', () => {
    const values = [10, 9, 100]
    expect(median(values)).toBe(10)
    expect(values).toEqual([10, 9, 100])
  })

  test('of nothing is unknown', () => {
    expect(median([])).toBeNull()
  })

  test('refuses what has no order', () => {
    expect(() => median([1, NaN])).toThrow(RangeError)
    expect(() => quantile([1], 1.01)).toThrow('1.01')
    expect(() => quantile([1], NaN)).toThrow(RangeError)
  })

  test('never leaves the range and never falls with p', () => {
    const sorted2 = fc.tuple(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
    )
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1 }), sorted2, (values, [p, q]) => {
        const low = quantile(values, Math.min(p, q))!
        const high = quantile(values, Math.max(p, q))!
        const slack = 1e-6
        expect(low).toBeGreaterThanOrEqual(Math.min(...values) - slack)
        expect(high).toBeLessThanOrEqual(Math.max(...values) + slack)
        expect(low).toBeLessThanOrEqual(high + slack)
      }),
    )
  })
})

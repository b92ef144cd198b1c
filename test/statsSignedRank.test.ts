import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { signedRank, signedRankNull } from '../dist/src/stats/signedRank.js'

// Hollander and Wolfe, p. 29: depression scale factor of nine patients at two visits (R, ?wilcox.test).
const firstVisit = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3]
const secondVisit = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]
const depression = firstVisit.map((value, index) => value - secondVisit[index])

/** Values 1 to n by size without ties, signed so that the positive ranks sum to `sum`. */
function withRankSum(n: number, sum: number): number[] {
  let left = sum
  return Array.from({ length: n }, (_, index) => {
    const rank = n - index
    if (left < rank) return -rank
    left -= rank
    return rank
  })
}

/** Mean rank by counting who is smaller, apart from the code under test. */
function midrank(values: readonly number[], value: number): number {
  const smaller = values.filter((other) => other < value).length
  const equal = values.filter((other) => other === value).length
  return smaller + (equal + 1) / 2
}

function rankSum(values: readonly number[]): number {
  const sizes = values.map(Math.abs)
  return values.reduce((sum, value) => sum + (value > 0 ? midrank(sizes, Math.abs(value)) : 0), 0)
}

function everySigning(sizes: readonly number[]): number[][] {
  return Array.from({ length: 2 ** sizes.length }, (_, signs) =>
    sizes.map((size, bit) => ((signs >> bit) & 1 ? size : -size)),
  )
}

function byEnumeration(values: readonly number[]): { greater: number; twoSided: number } {
  const counted = values.filter((value) => value !== 0)
  const observed = rankSum(counted)
  const sums = everySigning(counted.map(Math.abs)).map(rankSum)
  const atLeast = sums.filter((sum) => sum >= observed).length / sums.length
  const atMost = sums.filter((sum) => sum <= observed).length / sums.length
  return { greater: atLeast, twoSided: Math.min(1, 2 * Math.min(atLeast, atMost)) }
}

describe('signed-rank test', () => {
  test('of the depression data is as published', () => {
    expect(signedRank(depression, 'greater')).toEqual({ statistic: 40, n: 9, p: 0.01953125 })
    expect(signedRank(depression, 'two-sided')!.p).toBe(0.0390625)
  })

  // Exact integers in Python: sum(c[sum:]) / 2**n, c the coefficients of the product of (1 + x**rank). Those up
  // to 12,000 also by scipy 1.17, wilcoxon(method='exact'); the first is the tables' 5 % point for 20 values, T = 60.
  test.each([
    [20, 150, 0.048653602600097656],
    [50, 868, 0.012750041589817407],
    [100, 3200, 0.00996547318681057],
    [200, 12_000, 0.0085737299688436],
    [200, 16_000, 1.738546421676154e-14],
  ])('of %i values with rank sum %i has p %d', (n, sum, p) => {
    const { statistic, p: found } = signedRank(withRankSum(n, sum), 'greater')!
    expect(statistic).toBe(sum)
    expect(found / p).toBeCloseTo(1, 12)
  })

  test.each([
    ['no ties', [3, -1, 4, -1.5, 9, 2.6]],
    ['ties of both signs', [1, -1, 1, 2, 2, -2, 3]],
    ['nothing but ties', [5, 5, -5, 5, 5, 5, 5, 5]],
    ['ties and zeros', [0, 1, 0, -1, 2, 2, 2, -3, 0]],
    ['all negative', [-1, -1, -2]],
    ['one value', [7]],
  ])('with %s is what counting every signing says', (_, values) => {
    const expected = byEnumeration(values)
    expect(signedRank(values, 'greater')!.p).toBe(expected.greater)
    expect(signedRank(values, 'two-sided')!.p).toBe(expected.twoSided)
    expect(signedRank(values, 'greater')!.statistic).toBe(rankSum(values.filter((value) => value !== 0)))
  })

  test('with any ties and zeros is what counting every signing says', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 1, maxLength: 9 }), (values) => {
        const expected = byEnumeration(values)
        expect(signedRank(values, 'greater')!.p).toBe(expected.greater)
        expect(signedRank(values, 'two-sided')!.p).toBe(expected.twoSided)
      }),
    )
  })

  test('is exact: of all signings, a share of p has a p as small', () => {
    const found = everySigning([1, 2, 3.5, 3.5, 5, 6, 7, 8, 9]).map(
      (values) => signedRank(values, 'greater')!.p,
    )
    for (const p of new Set(found)) {
      expect(found.filter((other) => other <= p).length / found.length).toBe(p)
    }
  })

  test('does not depend on order, nor two-sided on the sign', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 30 }), (values) => {
        const { p } = signedRank(values, 'two-sided')!
        expect(signedRank(values.toReversed(), 'two-sided')!.p).toBe(p)
        expect(
          signedRank(
            values.map((value) => -value),
            'two-sided',
          )!.p,
        ).toBe(p)
        const sizeOrder = values.toSorted((a, b) => a - b)
        expect(signedRank(sizeOrder, 'greater')).toEqual(signedRank(values, 'greater'))
      }),
    )
  })

  test('drops zeros, and finds nothing where there are only zeros', () => {
    expect(signedRank([0, 2, 0, 1, -0], 'greater')).toEqual({ statistic: 3, n: 2, p: 0.25 })
    expect(signedRank([0, 0], 'greater')).toEqual({ statistic: 0, n: 0, p: 1 })
    expect(signedRank([0, 0], 'two-sided')!.p).toBe(1)
  })

  test('of nothing is unknown', () => {
    expect(signedRank([], 'greater')).toBeNull()
  })

  test('refuses what has no rank, and more than it can count', () => {
    expect(() => signedRank([1, NaN], 'greater')).toThrow('signed-rank test of a value that is not finite')
    expect(() => signedRank([1, Infinity], 'greater')).toThrow(RangeError)
    expect(() => signedRank(withRankSum(1001, 0), 'greater')).toThrow('1001')
  })

  test('keeps its null distribution: 2^n signings, symmetric', () => {
    for (const n of [1, 2, 7, 20, 40]) {
      const { counts, outcomes } = signedRankNull(n)
      expect(counts).toHaveLength((n * (n + 1)) / 2 + 1)
      expect(outcomes).toBe(2 ** n)
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(outcomes)
      expect(counts.toReversed()).toEqual(counts)
      expect(signedRankNull(n).counts).toBe(counts)
    }
  })
})

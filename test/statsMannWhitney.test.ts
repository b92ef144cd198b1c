import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mannWhitney, mannWhitneyNull } from '../dist/src/stats/mannWhitney.js'

// Hollander and Wolfe, p. 69: permeability of the human chorioamnion at term and earlier (R, ?wilcox.test).
const atTerm = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
const earlier = [1.15, 0.88, 0.9, 0.74, 1.21]

/** All ways to take `size` of the values, each with what is left. */
function everySplit(values: readonly number[], size: number): [number[], number[]][] {
  if (size === 0) return [[[], [...values]]]
  if (values.length < size) return []
  const [first, ...rest] = values
  return [
    ...everySplit(rest, size - 1).map(([a, b]): [number[], number[]] => [[first, ...a], b]),
    ...everySplit(rest, size).map(([a, b]): [number[], number[]] => [a, [first, ...b]]),
  ]
}

function pairsAbove(a: readonly number[], b: readonly number[]): number {
  return a
    .flatMap((x) => b.map((y) => (x > y ? 1 : x === y ? 0.5 : 0)))
    .reduce<number>((sum, pair) => sum + pair, 0)
}

function byEnumeration(a: number[], b: number[]): { greater: number; twoSided: number } {
  const observed = pairsAbove(a, b)
  const all = everySplit([...a, ...b], a.length).map(([x, y]) => pairsAbove(x, y))
  const atLeast = all.filter((pairs) => pairs >= observed).length / all.length
  const atMost = all.filter((pairs) => pairs <= observed).length / all.length
  return { greater: atLeast, twoSided: Math.min(1, 2 * Math.min(atLeast, atMost)) }
}

/** Samples without ties of these sizes, `pairs` of whose pairs have the value of `a` above. */
function withPairs(aLength: number, bLength: number, pairs: number): [number[], number[]] {
  const b = Array.from({ length: bLength }, (_, index) => index)
  let left = pairs
  const a = Array.from({ length: aLength }, (_, index) => {
    const above = Math.min(left, bLength)
    left -= above
    return above - 0.5 + index / 1000
  })
  return [a, b]
}

describe('rank-sum test', () => {
  test('of the permeability data is as published', () => {
    const { statistic, p } = mannWhitney(atTerm, earlier, 'greater')!
    expect(statistic).toBe(35)
    expect(p).toBeCloseTo(0.1272, 4)
    expect(mannWhitney(atTerm, earlier, 'two-sided')!.p).toBeCloseTo(0.2544, 4)
  })

  // scipy 1.17, the exact distribution of mannwhitneyu.
  test.each([
    [8, 8, 50, 0.03247863],
    [20, 20, 270, 0.02978192],
    [30, 25, 500, 0.01729173],
  ])('of %i and %i values with %i pairs above has p %d', (m, n, pairs, p) => {
    const [a, b] = withPairs(m, n, pairs)
    expect(mannWhitney(a, b, 'greater')!.statistic).toBe(pairs)
    expect(mannWhitney(a, b, 'greater')!.p).toBeCloseTo(p, 8)
  })

  test.each([
    ['no ties', [1, 5, 6, 9], [2, 3, 4, 7, 8]],
    ['ties across', [1, 2, 2, 4], [2, 3, 4, 4]],
    ['ties at one end only', [9, 9, 9], [1, 2, 9, 3]],
    ['all values equal', [1, 1, 1], [1, 1]],
    ['one against many', [3], [1, 2, 3, 3, 4, 5]],
  ])('with %s is what counting every split says', (_, a, b) => {
    const expected = byEnumeration(a, b)
    expect(mannWhitney(a, b, 'greater')!.statistic).toBe(pairsAbove(a, b))
    expect(mannWhitney(a, b, 'greater')!.p).toBeCloseTo(expected.greater, 14)
    expect(mannWhitney(a, b, 'two-sided')!.p).toBeCloseTo(expected.twoSided, 14)
  })

  const few = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 5 })

  test('with any ties is what counting every split says', () => {
    fc.assert(
      fc.property(few, few, (a, b) => {
        const expected = byEnumeration(a, b)
        expect(mannWhitney(a, b, 'greater')!.p).toBeCloseTo(expected.greater, 14)
        expect(mannWhitney(a, b, 'two-sided')!.p).toBeCloseTo(expected.twoSided, 14)
      }),
    )
  })

  test('is exact: of all splits, a share of p has a p as small', () => {
    const found = everySplit([1, 2, 3, 3, 4, 5, 6, 7, 7, 9], 4).map(
      ([a, b]) => mannWhitney(a, b, 'greater')!.p,
    )
    for (const p of new Set(found)) {
      expect(found.filter((other) => other <= p).length / found.length).toBe(p)
    }
  })

  test('does not depend on order, nor two-sided on which sample comes first', () => {
    fc.assert(
      fc.property(few, few, (a, b) => {
        const found = mannWhitney(a, b, 'two-sided')!
        expect(mannWhitney(a.toReversed(), b.toReversed(), 'two-sided')).toEqual(found)
        const swapped = mannWhitney(b, a, 'two-sided')!
        expect(swapped.p).toBeCloseTo(found.p, 14)
        expect(swapped.statistic).toBe(a.length * b.length - found.statistic)
      }),
    )
  })

  test('counts C(m + n, m) splits, symmetrically', () => {
    const { counts, outcomes } = mannWhitneyNull(10, 5)
    expect(outcomes).toBe(3003)
    expect(counts).toHaveLength(51)
    expect(counts.toReversed()).toEqual(counts)
    // Six of the first: the partitions of 4, 3 + 1, 2 + 2 ... into at most 5 parts of at most 10.
    expect([...counts.subarray(0, 6)]).toEqual([1, 1, 2, 3, 5, 7])
  })

  test('of nothing is unknown', () => {
    expect(mannWhitney([], [1], 'greater')).toBeNull()
    expect(mannWhitney([1], [], 'greater')).toBeNull()
  })

  test('refuses what has no rank, and more than it can count', () => {
    expect(() => mannWhitney([NaN], [1], 'greater')).toThrow('rank-sum test of a value that is not finite')
    expect(() => mannWhitney([1], [Infinity], 'greater')).toThrow(RangeError)
    const many = Array.from({ length: 101 }, (_, index) => index)
    expect(() => mannWhitney(many, many.slice(1), 'greater')).toThrow('201')
  })
})

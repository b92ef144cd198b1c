import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { describe, expect, test } from 'vitest'
import { medianInterval, medianRanks } from '../dist/src/stats/medianInterval.js'

/** Counts, over all 2^n ways in which n values fall below or above the median, those that the pair of ranks encloses. */
function coverageByCounting(n: number, rank: number): number {
  let enclosed = 0
  for (let sides = 0; sides < 2 ** n; sides++) {
    let below = 0
    for (let bit = 0; bit < n; bit++) below += (sides >> bit) & 1
    if (below >= rank && n - below >= rank) enclosed++
  }
  return enclosed / 2 ** n
}

describe('ranks of the interval', () => {
  // Computed apart from this code: 1 - 2 * sum(comb(n, k) for k in range(rank)) / 2**n in Python, whose integers are exact.
  test.each([
    [5, 1, 0.9375],
    [6, 1, 0.96875],
    [8, 1, 0.9921875],
    [9, 2, 0.9609375],
    [10, 2, 0.978515625],
    [12, 3, 0.96142578125],
    [15, 4, 0.96484375],
    [20, 6, 0.9586105346679688],
    [25, 8, 0.9567147493362427],
    [30, 10, 0.9572260547429323],
    [50, 18, 0.9671608624357315],
    [100, 40, 0.9647997997822952],
    [1000, 469, 0.9537088026395019],
    [2000, 956, 0.9534471795082162],
  ])('for %i values are the %i-th from each end', (n, rank, coverage) => {
    expect(medianRanks(n)!.rank).toBe(rank)
    expect(medianRanks(n)!.coverage).toBeCloseTo(coverage, 14)
  })

  test('cover what counting all outcomes says, and one rank further in would cover less than promised', () => {
    for (let n = 3; n <= 14; n++) {
      const { rank, coverage } = medianRanks(n)!
      expect(coverage).toBe(coverageByCounting(n, rank))
      expect(coverage).toBeGreaterThanOrEqual(n <= 5 ? 1 - 2 * 0.5 ** n : 0.95)
      if (rank + 1 <= n / 2) expect(coverageByCounting(n, rank + 1)).toBeLessThan(0.95)
    }
  })

  test.each([0, 1, 2])('do not exist for %i values', (n) => {
    expect(medianRanks(n)).toBeNull()
    expect(medianInterval(Array.from({ length: n }, (_, index) => index))).toBeNull()
  })
})

describe('interval', () => {
  test('of 5 values is their range', () => {
    expect(medianInterval([30, 9, 100, 11, 12])).toEqual({ low: 9, high: 100, coverage: 0.9375 })
  })

  test('of 10 values leaves out one at each end', () => {
    expect(medianInterval([10, 1, 2, 9, 3, 8, 4, 7, 5, 6])).toMatchObject({ low: 2, high: 9 })
  })

  test.each([5, 6, 10])('of %i skewed values encloses the true median as often as it says', (n) => {
    const trials = 20_000
    const generator = xoroshiro128plus(1)
    // Exponential, mean 1: the median is ln 2.
    const draw = () => -Math.log((uniformInt(generator, 1, 1_000_000) - 0.5) / 1_000_000)
    let enclosed = 0
    let claimed = 0
    for (let trial = 0; trial < trials; trial++) {
      const { low, high, coverage } = medianInterval(Array.from({ length: n }, draw))!
      if (low <= Math.LN2 && Math.LN2 <= high) enclosed++
      claimed = coverage
    }
    const fourSigma = 4 * Math.sqrt((claimed * (1 - claimed)) / trials)
    expect(Math.abs(enclosed / trials - claimed)).toBeLessThan(fourSigma)
  })
})

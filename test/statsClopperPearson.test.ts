import fc from 'fast-check'
import jstat from 'jstat'
import { describe, expect, test } from 'vitest'
import { clopperPearson, clopperPearsonLower, clopperPearsonUpper } from '../dist/src/stats/clopperPearson.js'

const { beta, binomial } = jstat.jStat

describe('two-sided', () => {
  // The first is R's example, ?binom.test. All: bisection on the sum of the binomial terms in Python's decimal
  // with 60 digits. (scipy 1.17 has these to 1e-8 of their value.)
  test.each([
    [682, 925, 0.707668264079039, 0.7654065582415253],
    [3, 10, 0.06673951117773447, 0.6524528500599973],
    [0, 20, 0, 0.16843347098308534],
    [20, 20, 1 - 0.16843347098308534, 1],
    [5, 1000, 0.0016254195175627604, 0.01162947055981215],
    [1, 10_000, 2.531777593474686e-6, 0.0005570369979470474],
    [100, 10_000, 0.008143596567611065, 0.012149504886061608],
    [5000, 10_000, 0.4901513805899805, 0.5098486194100195],
    [9990, 10_000, 0.9981617358657894, 0.9995203602762289],
  ])('%i of %i with 0.95', (successes, trials, low, high) => {
    const found = clopperPearson(successes, trials, 0.95)!
    expect(Math.abs(found.low - low)).toBeLessThanOrEqual(1e-12 * low)
    expect(Math.abs(found.high - high)).toBeLessThanOrEqual(1e-12 * high)
  })

  test.each([0.8, 0.95])('covers every probability at least as often as %d', (confidence) => {
    const trials = 20
    const intervals = Array.from({ length: trials + 1 }, (_, k) => clopperPearson(k, trials, confidence)!)
    for (let p = 0.005; p < 1; p += 0.005) {
      let covered = 0
      for (const [k, { low, high }] of intervals.entries())
        if (low <= p && p <= high) covered += binomial.pdf(k, trials, p)
      expect(covered).toBeGreaterThanOrEqual(confidence - 1e-9)
    }
  })
})

describe('one-sided', () => {
  // With no success it is 1 - (1 - confidence)^(1 / trials).
  test.each([1, 20, 59, 60, 299, 10_000])('upper bound of 0 of %i', (trials) => {
    expect(clopperPearsonUpper(0, trials, 0.95)! / (1 - 0.05 ** (1 / trials))).toBeCloseTo(1, 11)
    expect(clopperPearsonLower(trials, trials, 0.95)).toBeCloseTo(0.05 ** (1 / trials), 14)
  })

  test('0 of 60 is below 4.87 %, and 0 of 59 misses leave 95 % detected', () => {
    expect(clopperPearsonUpper(0, 60, 0.95)).toBeCloseTo(0.0487, 4)
    expect(clopperPearsonLower(59, 59, 0.95)).toBeGreaterThan(0.95)
    expect(clopperPearsonLower(58, 58, 0.95)).toBeLessThan(0.95)
  })

  // The fewest trials that show less than 1 %.
  test.each([
    [0, 299],
    [1, 473],
    [2, 628],
  ])('%i of %i is below 0.01, of one trial fewer is not', (alarms, trials) => {
    expect(clopperPearsonUpper(alarms, trials, 0.95)).toBeLessThan(0.01)
    expect(clopperPearsonUpper(alarms, trials - 1, 0.95)).toBeGreaterThan(0.01)
  })

  test('ends where nothing can lie beyond', () => {
    expect(clopperPearsonUpper(7, 7, 0.95)).toBe(1)
    expect(clopperPearsonLower(0, 7, 0.95)).toBe(0)
  })

  const counts = fc
    .integer({ min: 1, max: 10_000 })
    .chain((trials) => fc.tuple(fc.integer({ min: 0, max: trials }), fc.constant(trials)))
  // Levels of the unusual kind too: below 1/2 the upper bound lies below the share of successes.
  const levels = fc.constantFrom(0.01, 0.3, 0.5, 0.9, 0.95, 0.99, 0.999999)

  test('is the quantile of a beta distribution', () => {
    fc.assert(
      fc.property(counts, levels, ([successes, trials], confidence) => {
        // jstat's quantile stops at a step of 1e-8 of its value.
        const slack = 1e-7
        if (successes < trials) {
          const expected = beta.inv(confidence, successes + 1, trials - successes)
          expect(Math.abs(clopperPearsonUpper(successes, trials, confidence)! - expected)).toBeLessThan(slack)
        }
        if (successes > 0) {
          const expected = beta.inv(1 - confidence, successes, trials - successes + 1)
          expect(Math.abs(clopperPearsonLower(successes, trials, confidence)! - expected)).toBeLessThan(slack)
        }
      }),
      { numRuns: 50 },
    )
  })

  test('of failures mirrors that of successes', () => {
    fc.assert(
      fc.property(counts, levels, ([successes, trials], confidence) => {
        const lower = clopperPearsonLower(successes, trials, confidence)!
        const upper = clopperPearsonUpper(trials - successes, trials, confidence)!
        expect(lower).toBeCloseTo(1 - upper, 11)
      }),
      { numRuns: 50 },
    )
  })
})

test('of no trials is unknown', () => {
  expect(clopperPearson(0, 0, 0.95)).toBeNull()
  expect(clopperPearsonUpper(0, 0, 0.95)).toBeNull()
  expect(clopperPearsonLower(0, 0, 0.95)).toBeNull()
})

test('refuses counts and confidences that cannot be', () => {
  for (const [successes, trials] of [
    [2, 1],
    [-1, 5],
    [0.5, 5],
    [NaN, 5],
    [0, Infinity],
  ])
    expect(() => clopperPearson(successes, trials, 0.95)).toThrow(RangeError)
  for (const confidence of [0, 1, 95, NaN]) {
    expect(() => clopperPearson(1, 2, confidence)).toThrow(`confidence ${confidence}`)
    expect(() => clopperPearsonUpper(1, 2, confidence)).toThrow(`confidence ${confidence}`)
  }
})

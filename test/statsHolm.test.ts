import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { holm } from '../dist/src/stats/holm.js'

// Multiples of 1/256: ties are common, products exact, and a failure is soon small.
const probability = fc.integer({ min: 0, max: 256 }).map((value) => value / 256)
const pValues = fc.array(probability, { minLength: 1, maxLength: 12 })

/** Holm 1979, as he states the procedure: which of the hypotheses are rejected at this level. */
function rejectedStepwise(values: readonly number[], alpha: number): boolean[] {
  const rejected = values.map(() => false)
  const open = new Set(values.keys())
  while (open.size > 0) {
    const smallest = [...open].reduce((a, b) => (values[b] < values[a] ? b : a))
    if (values[smallest] * open.size > alpha) break
    rejected[smallest] = true
    open.delete(smallest)
  }
  return rejected
}

describe('Holm', () => {
  // Wikipedia, Holm-Bonferroni method, Example: at 5 % the first and the fourth are rejected.
  test('adjusts the known example, in the order given', () => {
    const adjusted = holm([0.01, 0.04, 0.03, 0.005])
    for (const [index, expected] of [0.03, 0.06, 0.06, 0.02].entries())
      expect(adjusted[index]).toBeCloseTo(expected, 15)
  })

  test.each([
    [[], []],
    [[0.2], [0.2]],
    [
      [0.5, 0.75],
      [1, 1],
    ],
    [
      [0.25, 0.25, 0.25],
      [0.75, 0.75, 0.75],
    ],
    [
      [0, 1],
      [0, 1],
    ],
  ])('of %j is %j', (values, expected) => {
    expect(holm(values)).toEqual(expected)
  })

  test('rejects what the stepwise procedure rejects, at every level', () => {
    fc.assert(
      fc.property(pValues, probability, (values, alpha) => {
        fc.pre(alpha < 1)
        expect(holm(values).map((p) => p <= alpha)).toEqual(rejectedStepwise(values, alpha))
      }),
    )
  })

  test('lies between the p-value and Bonferroni, keeps the order of sizes, follows the order given', () => {
    fc.assert(
      fc.property(pValues, (values) => {
        const adjusted = holm(values)
        for (const [i, p] of values.entries()) {
          expect(adjusted[i]).toBeGreaterThanOrEqual(p)
          expect(adjusted[i]).toBeLessThanOrEqual(Math.min(1, values.length * p))
          for (const [j, q] of values.entries())
            if (p <= q) expect(adjusted[i]).toBeLessThanOrEqual(adjusted[j])
        }
        expect(holm(values.toReversed())).toEqual(adjusted.toReversed())
      }),
    )
  })

  test('refuses what is no probability', () => {
    for (const p of [-0.1, 1.1, NaN]) expect(() => holm([0.5, p])).toThrow(RangeError)
  })
})

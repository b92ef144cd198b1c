import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { leastSquares } from '../dist/src/stats/leastSquares.js'

describe('a line of least squares', () => {
  // Anscombe 1973, Graphs in Statistical Analysis: his first data set, and the line that he gives for it.
  test('is that of the published example', () => {
    const xs = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5]
    const ys = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68]
    const line = leastSquares(xs.map((x, at) => [x, ys[at]]))!
    expect(line.intercept).toBeCloseTo(3.0, 2)
    expect(line.slope).toBeCloseTo(0.5, 3)
  })

  test('leaves errors that neither have a mean nor lean', () => {
    const point = fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: -50, max: 50 }))
    fc.assert(
      fc.property(fc.array(point, { minLength: 2, maxLength: 12 }), (points) => {
        const line = leastSquares(points)
        if (line === null) {
          expect(new Set(points.map(([x]) => x)).size).toBe(1)
          return
        }
        const errors = points.map(([x, y]) => y - line.intercept - line.slope * x)
        const sum = errors.reduce((total, error) => total + error, 0)
        const lean = errors.reduce((total, error, at) => total + error * points[at][0], 0)
        expect(Math.abs(sum)).toBeLessThan(1e-8)
        expect(Math.abs(lean)).toBeLessThan(1e-6)
      }),
    )
  })

  test.each([
    [[]],
    [[[1, 2]]],
    [
      [
        [1, 2],
        [1, 3],
      ],
    ],
  ] as [number, number][][][])('is null without two places: %j', (points) => {
    expect(leastSquares(points)).toBeNull()
  })

  test('refuses what is not finite', () => {
    expect(() =>
      leastSquares([
        [0, 1],
        [1, Number.NaN],
      ]),
    ).toThrow(RangeError)
  })
})

import jstat from 'jstat'
import { describe, expect, test } from 'vitest'
import { normalCdf, normalQuantile } from '../dist/src/stats/normal.js'

describe('normal distribution', () => {
  // scipy 1.17, norm.cdf.
  test.each([
    [-6, 9.865876450376946e-10],
    [-3, 0.0013498980316300933],
    [-1.5, 0.06680720126885807],
    [0, 0.5],
    [0.5, 0.6914624612740131],
    [2.5, 0.9937903346742238],
    [5, 0.9999997133484281],
  ])('below %d lies %d', (z, p) => {
    expect(Math.abs(normalCdf(z) - p)).toBeLessThan(1e-15)
  })

  test('agrees with jstat, and rises from 0 to 1', () => {
    let previous = 0
    for (let z = -9.5; z <= 9.5; z += 0.125) {
      const p = normalCdf(z)
      expect(p).toBeCloseTo(jstat.jStat.normal.cdf(z, 0, 1), 12)
      expect(p).toBeGreaterThanOrEqual(Math.max(0, previous - 1e-15))
      expect(p).toBeLessThanOrEqual(1)
      previous = p
    }
    expect(normalCdf(-40)).toBe(0)
    expect(normalCdf(40)).toBe(1)
    expect(normalCdf(-Infinity)).toBe(0)
  })

  test('of what is no number is none', () => {
    expect(normalCdf(NaN)).toBeNaN()
  })

  // scipy 1.17, norm.ppf.
  test.each([
    [0.0001, -3.7190164854556804],
    [0.025, -1.9599639845400545],
    [0.2, -0.8416212335729142],
    [0.9, 1.2815515655446004],
    [0.975, 1.959963984540054],
  ])('%d lies below %d', (p, z) => {
    expect(normalQuantile(p)).toBeCloseTo(z, 11)
  })

  test('has its middle at 0', () => {
    expect(Math.abs(normalQuantile(0.5))).toBeLessThan(1e-15)
  })
})

import fc from 'fast-check'
import jstat from 'jstat'
import { describe, expect, test } from 'vitest'
import { randomOf } from '../dist/src/harness/random.js'
import { bcaInterval, percentileInterval } from '../dist/src/stats/bootstrap.js'
import { uniformOf } from './support/uniform.js'

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function variance(values: readonly number[]): number {
  const centre = mean(values)
  return mean(values.map((value) => (value - centre) ** 2))
}

/** Does not draw but counts: the resamples are those with the indices 0 0 .. 0, 1 0 .. 0, and so on, each once. */
function everyResample(n: number): (bound: number) => number {
  let asked = 0
  return (bound) => {
    const resample = Math.floor(asked / n)
    const position = asked++ % n
    return Math.floor(resample / bound ** position) % bound
  }
}

describe('over all 256 resamples of 4 values', () => {
  const values = [1, 2.25, 4.125, 8.75]

  // Computed apart from this code: numpy.quantile over itertools.product, levels after Efron 1987 by scipy's norm.
  test.each([
    ['mean', 0.8, mean, [2.09375, 5.96875], [2.40625, 6.4375]],
    ['mean', 0.95, mean, [1.625, 7.125], [1.78125, 7.59375]],
    ['variance', 0.8, variance, [0.7690429687499984, 11.02685546875], [2.44140625, 15.015625]],
    ['variance', 0.95, variance, [0.29296875, 12.88671875], [1.2451171875, 15.015625]],
  ])('both intervals of the %s at %d', (_, coverage, statistic, percentile, bca) => {
    const plan = { values, statistic, coverage, resamples: 256 }
    const found = [
      percentileInterval({ ...plan, random: everyResample(4) })!,
      bcaInterval({ ...plan, random: everyResample(4) })!,
    ]
    expect(found[0].low).toBeCloseTo(percentile[0], 12)
    expect(found[0].high).toBeCloseTo(percentile[1], 12)
    expect(found[1].low).toBeCloseTo(bca[0], 12)
    expect(found[1].high).toBeCloseTo(bca[1], 12)
  })
})

describe('of the spatial test data', () => {
  // Efron and Tibshirani, An Introduction to the Bootstrap, table 14.1 (A): variance 171.5; 90 % intervals of 2,000
  // resamples in table 14.2: percentile 100.8 to 233.9, BCa 115.8 to 259.6.
  const spatial = [
    48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6, 0, 33, 28, 34, 4, 32, 24, 47, 41, 24, 26, 30, 41,
  ]
  // The same by scipy 1.17 from 1,000,000 resamples. Here an end's standard error is about 0.6.
  const expected = { percentile: [97.71, 235.76], bca: [115.5, 261.03] }
  const plan = { values: spatial, statistic: variance, coverage: 0.9, resamples: 40_000 }

  test('the percentile interval is as published', () => {
    const { low, high } = percentileInterval({ ...plan, random: randomOf(1, 0) })!
    expect(Math.abs(low - expected.percentile[0])).toBeLessThan(2.5)
    expect(Math.abs(high - expected.percentile[1])).toBeLessThan(2.5)
  })

  test('the BCa interval is as published', () => {
    expect(variance(spatial)).toBeCloseTo(171.5, 1)
    const { low, high } = bcaInterval({ ...plan, random: randomOf(2, 0) })!
    expect(Math.abs(low - expected.bca[0])).toBeLessThan(2.5)
    expect(Math.abs(high - expected.bca[1])).toBeLessThan(2.5)
  })
})

describe('both', () => {
  const intervals = [percentileInterval, bcaInterval]
  const dyadic = fc.array(
    fc.integer({ min: -1000, max: 1000 }).map((value) => value / 8),
    { minLength: 3, maxLength: 12 },
  )

  test('follow shift, scale and sign of the values, with the same seed', () => {
    fc.assert(
      fc.property(dyadic, fc.constantFrom(-2, -1, 0.5, 4), fc.integer(), (values, scale, seed) => {
        for (const interval of intervals) {
          const of = (sample: readonly number[]) =>
            interval({
              values: sample,
              statistic: mean,
              coverage: 0.8,
              resamples: 99,
              random: randomOf(seed, 0),
            })
          const plain = of(values)
          const moved = of(values.map((value) => value * scale + 3))
          if (plain === null || moved === null) {
            expect(moved).toBe(plain)
            continue
          }
          const ends = [plain.low * scale + 3, plain.high * scale + 3].sort((a, b) => a - b)
          expect(moved.low).toBeCloseTo(ends[0], 6)
          expect(moved.high).toBeCloseTo(ends[1], 6)
        }
      }),
    )
  })

  test('of equal values are these, and of fewer than two unknown', () => {
    for (const interval of intervals) {
      const plan = { statistic: mean, coverage: 0.95, resamples: 50, random: randomOf(1, 0) }
      // Their mean is rounded, but always to the same double.
      const found = interval({ ...plan, values: [0.1, 0.1, 0.1] })!
      expect(found.low).toBe(mean([0.1, 0.1, 0.1]))
      expect(found.high).toBe(found.low)
      expect(interval({ ...plan, values: [7] })).toBeNull()
      expect(interval({ ...plan, values: [] })).toBeNull()
    }
  })

  test('resample values of any kind as they are, pairs together', () => {
    const values: [number, number][] = [
      [1, 2],
      [10, 20],
      [100, 200],
    ]
    for (const interval of intervals) {
      const ratio = (pairs: readonly (readonly [number, number])[]): number =>
        mean(pairs.map(([, after]) => after)) / mean(pairs.map(([before]) => before))
      expect(
        interval({ values, statistic: ratio, coverage: 0.9, resamples: 50, random: randomOf(1, 0) }),
      ).toEqual({
        low: 2,
        high: 2,
      })
    }
  })

  test('refuse a coverage, a number of resamples and a statistic that are none', () => {
    const plan = { values: [1, 2, 3], statistic: mean, coverage: 0.9, resamples: 10, random: randomOf(1, 0) }
    for (const interval of intervals) {
      for (const coverage of [0, 1, 95, NaN])
        expect(() => interval({ ...plan, coverage })).toThrow(`coverage ${coverage}`)
      for (const resamples of [0, -1, 1.5, NaN])
        expect(() => interval({ ...plan, resamples })).toThrow(`${resamples} is no number of resamples`)
      expect(() => interval({ ...plan, statistic: () => NaN })).toThrow(RangeError)
    }
  })
})

describe('BCa', () => {
  const plan = { coverage: 0.9, resamples: 200, random: randomOf(1, 0) }

  test('is unknown where every resample has less than the sample, and where every one has more', () => {
    const values = Array.from({ length: 30 }, (_, index) => index)
    for (const sign of [1, -1]) {
      const different = (sample: readonly number[]): number => sign * new Set(sample).size
      expect(bcaInterval({ ...plan, values, statistic: different })).toBeNull()
      expect(percentileInterval({ ...plan, values, statistic: different })).not.toBeNull()
    }
  })

  test('is unknown where the correction of an end passes its pole', () => {
    // One value apart from n - 1 equal ones: acceleration (n - 2) / (6 sqrt(n (n - 1))), 0.158 for 30. The pole is
    // where 0.158 (bias + z) reaches 1, and z is 6.47 here.
    const values = [...Array.from({ length: 29 }, () => 0), 1]
    expect(bcaInterval({ ...plan, values, statistic: mean, coverage: 1 - 1e-10 })).toBeNull()
    expect(bcaInterval({ ...plan, values, statistic: mean })).not.toBeNull()
  })

  test('refuses a statistic that is none for one value fewer', () => {
    const ofFour = (sample: readonly number[]): number => (sample.length === 4 ? mean(sample) : NaN)
    expect(() => bcaInterval({ ...plan, values: [1, 2, 3, 5], statistic: ofFour })).toThrow('jackknife')
  })

  test('of a maximum, which many resamples reach and none exceeds, is known', () => {
    const largest = (sample: readonly number[]): number => Math.max(...sample)
    expect(bcaInterval({ ...plan, values: [1, 2, 3, 4, 5], statistic: largest })!.high).toBe(5)
  })
})

describe('coverage by simulation, 90 % nominal', () => {
  const n = 20
  const trials = 2000

  function simulate(draw: () => number, centre: number) {
    const random = randomOf(4, 1)
    const misses = { percentile: [0, 0], bca: [0, 0] }
    for (let trial = 0; trial < trials; trial++) {
      const values = Array.from({ length: n }, draw)
      const plan = { values, statistic: mean, coverage: 0.9, resamples: 400, random }
      for (const [name, interval] of [
        ['percentile', percentileInterval(plan)!],
        ['bca', bcaInterval(plan)!],
      ] as const) {
        if (centre < interval.low) misses[name][0]++
        if (centre > interval.high) misses[name][1]++
      }
    }
    return misses
  }

  test('of the mean of normal values it is that of the normal interval with the biased deviation', () => {
    const uniform = uniformOf(randomOf(4, 0))
    const draw = (): number => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
    const misses = simulate(draw, 0)
    // The resampled mean is close to normal with the deviation of the sample divided by n, not n - 1.
    const covered = 2 * jstat.jStat.studentt.cdf(1.6448536269514722 * Math.sqrt((n - 1) / n), n - 1) - 1
    const fourSigma = 4 * Math.sqrt((covered * (1 - covered)) / trials)
    for (const [below, above] of [misses.percentile, misses.bca])
      expect(Math.abs(1 - (below + above) / trials - covered)).toBeLessThan(fourSigma)
  })

  test('of the mean of skewed values the BCa interval misses more evenly', () => {
    const uniform = uniformOf(randomOf(5, 0))
    const misses = simulate(() => -Math.log(uniform()), 1)
    const unevenness = ([below, above]: number[]): number => Math.abs(above - below) / trials
    // By Edgeworth expansion the percentile interval of a mean misses more above, each end by skewness / sqrt(n).
    expect(misses.percentile[1]).toBeGreaterThan(2 * misses.percentile[0])
    expect(unevenness(misses.bca)).toBeLessThan(unevenness(misses.percentile) * 0.75)
  })
})

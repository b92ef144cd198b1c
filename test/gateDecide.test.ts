import { describe, expect, test } from 'vitest'
import { judgeBatch, leastProcesses, RULE } from '../dist/src/gate/decide.js'
import type { DuelDone } from '../dist/src/gate/duel.js'
import { randomOf } from '../dist/src/harness/random.js'
import { hodgesLehmannInterval } from '../dist/src/stats/hodgesLehmann.js'
import { NOISES } from './support/noise.js'
import { uniformOf } from './support/uniform.js'

/** Says nothing either way. */
const CALM = [0.001, -0.001, 0.002, -0.002, 0.003, -0.003, 0.004, -0.004]

function duels(slower: readonly number[], control: readonly number[] = CALM): DuelDone[] {
  return slower.map((value, at) => ({
    status: 'done',
    incomparable: null,
    ns: { base: 1000, head: 1000 * Math.exp(value), again: 1000 },
    slower: value,
    control: control[at % control.length],
    rounds: 5,
  }))
}

/** All near this ratio and different, so that there are no ties: p is 2^-n where it is above 1. */
const near = (ratio: number, count: number): number[] =>
  Array.from({ length: count }, (_, at) => Math.log(ratio) + (at - (count - 1) / 2) * 1e-5)

const judge = (cells: Record<string, DuelDone[]>) => judgeBatch(new Map(Object.entries(cells)), RULE)

describe('a cell is slower', () => {
  test('by significance and effect together', () => {
    const [cell] = judge({ a: duels(near(1.06, 6)) })
    expect(cell).toMatchObject({ cell: 'a', isSlower: true, isVoid: false })
    expect(cell.batch.p).toBeCloseTo(2 ** -6, 12)
    expect(cell.batch.ratio).toBeCloseTo(1.06, 6)
  })

  test('not by significance without effect', () => {
    const [cell] = judge({ a: duels(near(1.02, 20)) })
    expect(cell.batch.pAdjusted).toBeCloseTo(2 ** -20, 12)
    expect(cell.isSlower).toBe(false)
  })

  test('not by effect without significance', () => {
    const [cell] = judge({ a: duels([0.1, -0.11, 0.3, -0.05, 0.4, 0.5]) })
    // The negative ones have ranks 1 and 3, and of the 64 sets of ranks these sum to 4 or less: {}, 1, 2, 3, 4, 1 2, 1 3.
    expect(cell.batch.p).toBeCloseTo(7 / 64, 12)
    expect(cell.batch.ratio).toBeGreaterThan(1.1)
    expect(cell.isSlower).toBe(false)
  })

  test('not by being faster', () => {
    const [cell] = judge({ a: duels(near(0.5, 20)) })
    expect(cell.isSlower).toBe(false)
    expect(cell.batch.p).toBeCloseTo(1, 6)
  })

  test('over all cells: what passes beside two others does not beside three', () => {
    const others = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`other ${at}`, duels(near(0.99, 6))]))
    const slower = (count: number) => judge({ a: duels(near(1.06, 6)), ...others(count) })[0]
    // Holm: the smallest of m times m, here m / 64.
    expect(slower(2).batch.pAdjusted).toBeCloseTo(3 / 64, 12)
    expect(slower(2).isSlower).toBe(true)
    expect(slower(3).batch.pAdjusted).toBeCloseTo(4 / 64, 12)
    expect(slower(3).isSlower).toBe(false)
  })

  test('each with its own figures', () => {
    const judged = judge({ a: duels(near(1, 8)), b: duels(near(1.2, 9)), c: duels(near(1.01, 7)) })
    expect(judged.map(({ cell, isSlower }) => [cell, isSlower])).toEqual([
      ['a', false],
      ['b', true],
      ['c', false],
    ])
    expect(judged.map(({ batch }) => batch.processes)).toEqual([8, 9, 7])
  })
})

describe('the control', () => {
  const control = (ratio: number, count: number) => judge({ a: duels(near(1, count), near(ratio, count)) })[0]

  // Two-sided, so 2 * 2^-n: 7 processes are above 1 %, 8 below.
  test.each([
    [1.05, 7, false],
    [1.05, 8, true],
    [1 / 1.05, 8, true],
    [1.02, 20, false],
    [1 / 1.02, 20, false],
  ])('of %d in %i processes voids: %s', (ratio, count, isVoid) => {
    const cell = control(ratio, count)
    expect(cell.control.p).toBeCloseTo(2 ** (1 - count), 12)
    expect(cell.isVoid).toBe(isVoid)
    expect(cell.isSlower).toBe(false)
  })

  test('is corrected over the cells, too', () => {
    const tripping = duels(near(1, 8), near(1.05, 8))
    const isVoid = (others: object) => judge({ a: tripping, ...others })[0].isVoid
    expect(isVoid({})).toBe(true)
    // 2 * 2 / 256 is above 1 %.
    expect(isVoid({ b: duels(near(1, 8)) })).toBe(false)
  })
})

describe('the fewest processes', () => {
  test('are the first whose smallest p passes over all cells, and that have an interval of 95 %', () => {
    for (let cells = 1; cells <= 200; cells++) {
      const least = leastProcesses(cells, RULE)
      // The least p of n signs is 2^-n one-sided and twice that two-sided, times the cells.
      const canBoth = (n: number) => cells * 2 ** -n <= RULE.alpha && 2 * cells * 2 ** -n <= RULE.controlAlpha
      expect([canBoth(least), canBoth(least - 1)]).toEqual([true, false])
    }
    expect(leastProcesses(1, RULE)).toBe(8)
    expect(hodgesLehmannInterval(near(1, 6), 0.95)).not.toBeNull()
    expect(hodgesLehmannInterval(near(1, 5), 0.95)).toBeNull()
  })

  test('are enough for a slowdown in all of them, among cells that have none', () => {
    const cells = 10
    const least = leastProcesses(cells, RULE)
    const others = Array.from(
      { length: cells - 1 },
      (_, at) => [`other ${at}`, duels(near(1, least))] as const,
    )
    expect(judge({ a: duels(near(1.06, least)), ...Object.fromEntries(others) })[0].isSlower).toBe(true)
  })

  test('where there are still fewer, nothing is said', () => {
    expect(() => judge({ a: duels(near(1.06, 5)) })).toThrow('5 processes say nothing')
  })
})

/**
 * Two independent batches of identical builds. Each alarms in at most 5 % of runs, whatever the symmetric noise, so a
 * confirmed alarm comes in at most 0.25 %. The scatter is far above the least effect, or that would hide the test.
 */
describe.each(Object.keys(NOISES))('identical builds in %s noise', (name) => {
  const RUNS = 1500
  const CELLS = 4
  const PROCESSES = 12

  test('alarm in less than 1 of 100 gate runs', () => {
    const uniform = uniformOf(randomOf(20_260_101, 0))
    const noise = (): number => 0.1 * NOISES[name](uniform)
    const observe = (): DuelDone[] => {
      const passes = Array.from({ length: PROCESSES }, () => [noise(), noise(), noise()])
      return duels(
        passes.map(([base, head]) => head - base),
        passes.map(([, head, again]) => again - head),
      )
    }
    const batch = (cells: readonly string[]) =>
      judgeBatch(new Map(cells.map((cell) => [cell, observe()])), RULE)
    const names = Array.from({ length: CELLS }, (_, at) => `cell ${at}`)
    let suspicions = 0
    let voids = 0
    let alarms = 0
    for (let run = 0; run < RUNS; run++) {
      const first = batch(names)
      const suspects = first.filter(({ isSlower }) => isSlower).map(({ cell }) => cell)
      if (first.some(({ isVoid }) => isVoid)) voids++
      else if (suspects.length > 0) {
        suspicions++
        const second = batch(suspects)
        if (second.some(({ isSlower }) => isSlower) && !second.some(({ isVoid }) => isVoid)) alarms++
      }
    }
    // Binomial: 5 % of 1500 plus three standard deviations is 100, 1 % plus three is 27.
    expect(suspicions).toBeLessThan(100)
    // Were there none, the simulation would show nothing.
    expect(suspicions).toBeGreaterThan(20)
    expect(voids).toBeLessThan(27)
    expect(alarms).toBeLessThanOrEqual(RUNS / 100)
  })
})

import { describe, expect, test } from 'vitest'
import type { Port } from '../dist/src/contract/port.js'
import { COUNT_DEMANDS } from '../dist/src/machine/counters.js'
import { emptyChange } from '../dist/src/pagetable/hookArguments.js'
import { ParkedRanges } from '../dist/src/strategies/shared/parkedRanges.js'
import { invariantsOf, simCell, threadsCell, type CellOptions } from './support/runCell.js'

/** Ranges that a CPU remembers for the changes that they wait for; one more is a demand. */
const HELD_RANGES = 512

/** One CPU of `cpus` frees, in a warm-up pass and in the measured one. */
const churn = (pages: number, laps: number, cpus: number, more: Partial<CellOptions> = {}): CellOptions => ({
  strategy: 'vmalloc-lazy+linux',
  workload: 'vmalloc-churn',
  parameters: { pages, ops: laps, readerPages: 2, readerWorkNs: 0 },
  cpus,
  ...more,
})

async function countsOf(options: CellOptions) {
  const { ops, ipis, flushRounds, pagesInvalidated, fullFlushes } = (await simCell(options)).figures
  return { ops, ipis, flushRounds, pagesInvalidated, fullFlushes }
}

const threshold = (lazyMaxPages: number) => ({ 'vmalloc-lazy.lazyMaxPages': lazyMaxPages })

describe('frees of p pages with a threshold of T: a purge at each k-th one, k = floor(T / p) + 1', () => {
  test.each([
    // r = k * p pages up to the ceiling of 33, above it full flushes.
    { p: 4, T: 20, k: 6 },
    { p: 1, T: 9, k: 10 },
    { p: 4, T: 23, k: 6 },
    { p: 4, T: 24, k: 7 },
    { p: 4, T: 40, k: 11 },
    { p: 64, T: 200, k: 4 },
  ])('p = $p, T = $T', async ({ p, T, k }) => {
    for (const cpus of [1, 4]) {
      const laps = 30
      const purges = Math.floor((2 * laps) / k) - Math.floor(laps / k)
      const isFull = k * p > 33
      expect(await countsOf(churn(p, laps, cpus, { strategyParameters: threshold(T) }))).toEqual({
        ops: laps,
        ipis: purges * (cpus - 1),
        flushRounds: cpus === 1 ? 0 : purges,
        pagesInvalidated: isFull ? 0 : purges * k * p * cpus,
        fullFlushes: isFull ? purges * cpus : 0,
      })
    }
  })

  test('immediate has a round for each page, and batched one for each free', async () => {
    const others = (strategy: string) => countsOf(churn(4, 30, 4, { strategy }))
    expect(await others('immediate')).toMatchObject({ flushRounds: 30 * 4, ipis: 30 * 4 * 3 })
    expect(await others('batched')).toMatchObject({ flushRounds: 30, ipis: 30 * 3 })
    expect(await countsOf(churn(4, 30, 4))).toMatchObject({ flushRounds: 0, ipis: 0, pagesInvalidated: 0 })
  })
})

// lazy_max_pages of Linux: fls(CPUs) * 32 MiB, in pages of 4 KiB.
test.each([
  [1, 8192],
  [2, 2 * 8192],
  [3, 2 * 8192],
])('without a threshold of its own, %i CPUs park %i pages', async (cpus, most) => {
  const p = 64
  const k = most / p + 1
  const purgesIn = async (laps: number) => (await countsOf(churn(p, laps, cpus))).fullFlushes / cpus
  expect(await purgesIn(k)).toBe(1)
  expect(await purgesIn(Math.floor((k - 1) / 2))).toBe(0)
})

test('a CPU that is short of addresses demands its oldest, and that purges all of them', async () => {
  // The 513th free finds no place for its range; what it has parked itself is purged along. Then the 1026th.
  const laps = 600
  const { figures } = await simCell(churn(1, laps, 2))
  expect(Math.floor((2 * laps) / (HELD_RANGES + 1)) - Math.floor(laps / (HELD_RANGES + 1))).toBe(1)
  expect(figures.flushRounds).toBe(1)
  expect(figures.fullFlushes).toBe(2)
  expect(figures.counters[COUNT_DEMANDS]).toBe(1)
})

describe('several CPUs that free', () => {
  const several = (more: Partial<CellOptions>) =>
    churn(2, 40, 3, { initiators: 2, oracle: 'full', strategyParameters: threshold(7), ...more })

  test('purge what all of them have parked', async () => {
    const { violations, figures } = await simCell(several({}))
    expect(violations).toEqual([])
    expect(figures.flushRounds).toBeGreaterThan(0)
    // 80 frees of 2 pages: a purge takes more than 7, so there are 20 at most.
    expect(figures.flushRounds).toBeLessThanOrEqual(20)
  })

  test('with serials near the wrap, and with rules that settle without asking', async () => {
    for (const serialStart of [-3, 0x7fffffff - 3])
      expect(invariantsOf(await simCell(several({ serialStart })))).toEqual([])
    const strategyParameters = { ...threshold(7), skipUntouched: 1 }
    expect(invariantsOf(await simCell(several({ strategyParameters, readers: 0 })))).toEqual([])
  })

  test('on threads', async () => {
    const options = several({ isOversubscribed: true, watchdogMs: 60_000 })
    expect((await threadsCell(options)).violations).toEqual([])
  })
})

describe('parked ranges', () => {
  const ROWS = { base: 0, stride: 8 }
  const settled = [0, 0]

  /** Two CPUs over the same words; `afterLoad` steps in between two accesses of one of them. */
  function cpus() {
    const words = new Int32Array(16)
    const state = { words, afterLoad: (_word: number) => {}, afterStore: (_word: number) => {} }
    const port = (id: number): Port => {
      const privates = new Int32Array(16)
      return {
        id,
        count: 2,
        load: (word: number) => {
          const value = words[word]
          state.afterLoad(word)
          return value
        },
        store: (word: number, value: number) => {
          words[word] = value
          state.afterStore(word)
        },
        get: (index: number) => privates[index],
        set: (index: number, value: number) => void (privates[index] = value),
        settledUpTo: (owner: number) => settled[owner],
        settle: (owner: number, serial: number) => void (settled[owner] = serial),
      } as unknown as Port
    }
    settled.fill(0)
    return { state, ports: [port(0), port(1)], parked: new ParkedRanges(ROWS, 0) }
  }

  const page = (firstPage: number, serial: number) => ({ ...emptyChange(), firstPage, pageCount: 1, serial })

  test('reach every change up to the serial that a purge settles, wherever the other CPU stands', () => {
    // CPU 1 parks its second page; CPU 0 collects after each of its stores.
    for (let stores = 1; stores <= 4; stores++) {
      const { state, ports, parked } = cpus()
      parked.park(ports[1], page(50, 1))
      let left = stores
      state.afterStore = () => {
        left--
        if (left !== 0) return
        parked.collect(ports[0])
        parked.settle(ports[0])
        if (settled[1] === 2) expect(parked.first(ports[0])).toBeLessThanOrEqual(40)
        expect(parked.first(ports[0]) + parked.pageCount(ports[0])).toBe(51)
      }
      parked.park(ports[1], page(40, 2))
      expect(settled[1]).toBe(stores < 3 ? 1 : 2)
    }
  })

  test('do not settle what is parked while they are read, unless they have read it', () => {
    const outcomes: number[] = []
    // Used or not of CPU 0 and of CPU 1, then the serial, the first page and the end of CPU 1.
    for (let at = 1; at <= 5; at++) {
      const { state, ports, parked } = cpus()
      parked.park(ports[1], page(50, 1))
      let left = at
      state.afterLoad = () => {
        if (--left === 0) parked.park(ports[1], page(40, 2))
      }
      expect(parked.collect(ports[0])).toBe(true)
      parked.settle(ports[0])
      outcomes.push(settled[1])
      if (settled[1] === 2) expect(parked.first(ports[0])).toBe(40)
    }
    expect(outcomes).toEqual([2, 2, 1, 1, 1])
  })

  test('begin anew when all that they hold is settled, and not before', () => {
    const { ports, parked } = cpus()
    parked.park(ports[0], page(10, 1))
    parked.park(ports[0], page(20, 2))
    expect(parked.collect(ports[0])).toBe(true)
    expect([parked.first(ports[0]), parked.pageCount(ports[0])]).toEqual([10, 11])
    settled[0] = 1
    parked.park(ports[0], page(30, 3))
    parked.collect(ports[0])
    expect([parked.first(ports[0]), parked.pageCount(ports[0])]).toEqual([10, 21])
    settled[0] = 3
    expect(parked.collect(ports[0])).toBe(false)
    parked.park(ports[0], page(40, 4))
    parked.collect(ports[0])
    expect([parked.first(ports[0]), parked.pageCount(ports[0])]).toEqual([40, 1])
  })
})

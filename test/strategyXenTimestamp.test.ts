import { describe, expect, test } from 'vitest'
import type { WorkloadModule } from '../dist/src/contract/workload.js'
import { COUNT_DEMANDS } from '../dist/src/machine/counters.js'
import { Layout } from '../dist/src/machine/layout.js'
import { FlushClock } from '../dist/src/strategies/shared/stampRound.js'
import { mixedWorkload } from '../dist/src/testing/mixedWorkload.js'
import { WordPort } from './support/bareKernel.js'
import { readBack } from './support/readBack.js'
import { simCell, type CellOptions } from './support/runCell.js'

async function countsOf(options: Omit<CellOptions, 'strategy'>, strategy = 'xen-timestamp') {
  const { figures, violations } = await simCell({ strategy, oracle: 'full', ...options })
  expect(violations).toEqual([])
  const { ops, ipis, flushRounds, pagesInvalidated, fullFlushes, counters } = figures
  return { ops, ipis, flushRounds, pagesInvalidated, fullFlushes, demands: counters[COUNT_DEMANDS] }
}

describe.each([1, 2, 3, 8])('%i CPUs', (cpus) => {
  /** So many rounds, each of all CPUs: their last flushes are older than the stamps. */
  const rounds = (count: number) => ({
    ipis: count * (cpus - 1),
    flushRounds: cpus === 1 ? 0 : count,
    pagesInvalidated: 0,
    fullFlushes: count * cpus,
  })

  test.each([1, 34])('an unmap of %i pages costs nothing', async (pages) => {
    const parameters = { pages, ops: 5, pauseNs: 0, readerPages: 2, readerWorkNs: 0 }
    const counts = await countsOf({ workload: 'munmap-storm', parameters, cpus })
    expect(counts).toEqual({ ops: 5, ...rounds(0), demands: 0 })
  })

  test('an address that is wanted at once is a demand, and that is a round', async () => {
    const counts = await countsOf({ workload: readBack(8, 2), cpus, readers: 0 })
    // The switch in between is a flush of CPU 0, which therefore needs none; alone it has nothing to ask for.
    expect(counts).toEqual({ ops: 16, ...rounds(16), demands: cpus === 1 ? 0 : 16 })
  })

  test('a permission that is taken is one round for the operation, whatever its pages', async () => {
    const parameters = { pages: 16, range: 3, pairs: 6 }
    const counts = await countsOf({ workload: 'mprotect-storm', parameters, cpus })
    expect(counts).toEqual({ ops: 12, ...rounds(6), demands: 0 })
  })

  test('a page that is handed over is asked for on all CPUs', async () => {
    const parameters = { pages: 8, ops: 16, directFrames: 4 }
    const counts = await countsOf({ workload: 'direct-map-zap', parameters, cpus })
    expect(counts).toEqual({ ops: 16, ...rounds(16), demands: 16 })
  })
})

/** A page goes; something else is flushed on all CPUs; the page comes back at the same address. */
const unrelated: WorkloadModule = {
  summary: 'an unrelated flush between the end of a page and its reuse',
  source: 'none',
  op: 'one advise away',
  parameters: {},
  write: (plan) => {
    const tape = plan.tape(0)
    const [page, other] = [plan.handle(), plan.handle()]
    for (const handle of [page, other]) tape.map(handle, 1, { writable: true })
    tape.write(other, 0, 1)
    tape.body()
    tape.loop(5, () => {
      tape.write(page, 0, 1)
      tape.op(() => tape.adviseAway(page, 0, 1))
      tape.protect(other, 0, 1, false)
      tape.protect(other, 0, 1, true)
    })
  },
}

describe('an unrelated flush between free and reuse', () => {
  const cell = { workload: unrelated, cpus: 3, readers: 0 }

  test('spares the flush', async () => {
    expect(await countsOf(cell)).toMatchObject({
      ops: 5,
      flushRounds: 5,
      ipis: 10,
      fullFlushes: 15,
      demands: 0,
    })
  })

  test('spares nothing where a range is remembered and not a time', async () => {
    const noTick = { ...cell, strategyParameters: { tickUs: 1_000_000 } }
    expect(await countsOf(noTick, 'lazy')).toMatchObject({ ops: 5, flushRounds: 10, ipis: 20, demands: 5 })
  })
})

describe('the flush clock', () => {
  function clockOf(limit: number, cpuCount = 2) {
    const layout = new Layout()
    const [word, time] = [layout.lines('clock', 2), layout.lines('time', cpuCount)]
    const ports = WordPort.all(cpuCount, layout.wordCount)
    return { clock: new FlushClock(word, time, limit), ports, word, time }
  }

  test('a CPU whose time equals the stamp still needs a flush, one above it does not', () => {
    const { clock, ports } = clockOf(1000)
    clock.flush(ports[1])
    const stamp = clock.now(ports[0])
    expect(clock.needsFlush(ports[0], 1, stamp)).toBe(true)
    clock.flush(ports[1])
    expect(clock.needsFlush(ports[0], 1, stamp)).toBe(false)
    expect(clock.needsFlush(ports[0], 0, stamp)).toBe(true)
  })

  test('wraps with a flush on every CPU, and old stamps need none after it', () => {
    const { clock, ports } = clockOf(4)
    const [one, two] = ports
    clock.flush(one)
    const old = clock.now(one)
    clock.flush(two)
    expect([old, clock.now(one)]).toEqual([2, 3])
    clock.flush(two)
    expect(two.log).toContain('interrupt others')
    // It stands: nobody is covered, and flushes do not move it.
    expect(clock.now(one)).toBe(0)
    for (const cpu of [0, 1]) expect(clock.needsFlush(two, cpu, old)).toBe(true)
    clock.flush(two)
    expect(clock.now(two)).toBe(0)
    clock.passWrap(one)
    expect(one.log.at(-1)).toBe('invalidateAll')
    expect(clock.now(one)).toBe(1)
    for (const cpu of [0, 1]) expect(clock.needsFlush(two, cpu, old)).toBe(false)
    for (const cpu of [0, 1]) expect(clock.needsFlush(two, cpu, clock.now(two))).toBe(true)
    // A handler that has nothing to pass does nothing.
    one.log.length = 0
    clock.passWrap(one)
    expect(one.log).toEqual([])
  })

  test('who is beaten at the tick takes the time of the winner', () => {
    const { clock, ports, time } = clockOf(1000)
    const [one, two] = ports
    const usual = one.compareExchange.bind(one)
    one.compareExchange = (word, expected, value) => {
      one.compareExchange = usual
      for (let times = 0; times < 2; times++) clock.flush(two)
      return usual(word, expected, value)
    }
    clock.flush(one)
    expect(clock.now(one)).toBe(3)
    expect([0, 1].map((cpu) => one.words[time.base + cpu * time.stride])).toEqual([3, 3])
  })
})

test.each([2, 3, 4])('%i CPUs do everything, and the clock wraps all the time', async (cpus) => {
  const cell = { workload: mixedWorkload(3, 60), cpus, initiators: cpus, strategyParameters: { wrap: 4 } }
  const counts = await countsOf(cell)
  expect(counts.ops).toBe(60 * cpus)
  // A wrap is a flush of every CPU: more than the same with a clock that does not wrap.
  const without = await countsOf({ ...cell, strategyParameters: {} })
  expect(counts.fullFlushes).toBeGreaterThan(without.fullFlushes)
})

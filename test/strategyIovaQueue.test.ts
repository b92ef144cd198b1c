import { describe, expect, test } from 'vitest'
import { KIND_IOMMU } from '../dist/src/contract/change.js'
import {
  COUNT_DEVICE_FLUSHES,
  COUNT_DEVICE_INVALIDATIONS,
  COUNT_INTERRUPTS_TAKEN,
} from '../dist/src/machine/counters.js'
import { FlushCounters } from '../dist/src/strategies/shared/flushCounters.js'
import { FlushQueue } from '../dist/src/strategies/shared/flushQueue.js'
import iovaQueue from '../dist/src/strategies/iova-queue.js'
import { WordPort } from './support/bareKernel.js'
import { invariantsOf, loadStrategy, simCell, threadsCell } from './support/runCell.js'

const NEVER_US = 1_000_000
const QUEUE = 'iova-queue'

/** Of one measured pass after one that is like it; a device that is driven by one CPU, unless it says otherwise. */
async function dma(strategy: string, choice: Record<string, number>, sets: string[] = []) {
  const { ring = 256, timeoutUs = NEVER_US, initiators = 1, ...parameters } = choice
  const isQueue = strategy === QUEUE
  const given = { 'iova-queue.ring': ring, 'iova-queue.timeoutUs': timeoutUs, 'iova-queue.tickUs': 50 }
  const result = await simCell({
    strategy,
    strategyParameters: isQueue ? given : {},
    workload: 'dma-map',
    parameters: { depth: 2, pauseNs: 0, ...parameters },
    cpus: 2,
    initiators,
    oracle: 'full',
    profileSets: ['memory.frames=8192', ...sets],
  })
  expect(invariantsOf(result)).toEqual([])
  const { counters, heldFramesPeak } = result.figures
  return {
    flushes: counters[COUNT_DEVICE_FLUSHES],
    invalidations: counters[COUNT_DEVICE_INVALIDATIONS],
    interrupts: counters[COUNT_INTERRUPTS_TAKEN],
    heldFramesPeak,
  }
}

/** Flushes for the first n unmaps, as the page of the strategy says. */
const flushesFor = (n: number, ring: number) => (n === 0 ? 0 : Math.floor((n - 1) / (ring - 1)))

describe('closed forms', () => {
  test.each([
    [2, 16],
    [8, 40],
    [8, 56],
    [64, 200],
    [256, 400],
  ])('a ring of %i entries and %i unmaps', async (ring, ops) => {
    const { flushes, invalidations, interrupts } = await dma(QUEUE, { ring, ops })
    expect(flushes).toBe(flushesFor(2 * ops, ring) - flushesFor(ops, ring))
    expect(invalidations).toBe(0)
    expect(interrupts).toBe(0)
  })

  test.each([1, 3])(
    'any other strategy: one command and no flush for an unmap of %i pages',
    async (pages) => {
      expect(await dma('batched', { ops: 40, pages })).toMatchObject({ flushes: 0, invalidations: 40 })
    },
  )

  test('where the ring never fills the timer flushes, once for each unmap that comes alone', async () => {
    const alone = { ring: 256, timeoutUs: 100, pauseNs: 500_000, ops: 20 }
    expect(await dma(QUEUE, alone)).toMatchObject({ flushes: 20, invalidations: 0 })
    expect(await dma(QUEUE, { ...alone, timeoutUs: NEVER_US })).toMatchObject({ flushes: 0 })
  })
})

describe('who owns the frame', () => {
  const sets = ['extras.iommu.trusted=no']

  test('a device that is not trusted keeps it until its flush', async () => {
    const [ring, pages] = [8, 3]
    // An unmap that flushes is itself flushed, and takes an entry all the same: it holds nothing then.
    const held = pages * (ring - 1)
    expect(await dma(QUEUE, { ring, pages, ops: 28 }, sets)).toMatchObject({ heldFramesPeak: held })
  })

  test.each([
    ['of a trusted one it owes nothing', QUEUE, 0, [] as string[]],
    ['without a queue it is free when the unmap returns', 'batched', 3, sets],
  ])('%s', async (_what, strategy, held, more) => {
    expect(await dma(strategy, { ring: 8, pages: 3, ops: 28 }, more)).toMatchObject({
      heldFramesPeak: held,
    })
  })
})

describe('the queue', () => {
  const BEGUN = 0
  const FINISHED = 16
  const AT = 32

  function made(size: number) {
    const [cpu] = WordPort.all(1, 64 + size * 2)
    const counters = new FlushCounters({ base: BEGUN, stride: FINISHED })
    const queue = new FlushQueue({ base: AT, stride: 32 }, counters, size)
    const add = (serial: number) => {
      cpu.issuedSerials[0] = serial
      queue.add(cpu)
    }
    const flush = () => {
      counters.begin(cpu)
      counters.finish(cpu)
      queue.free(cpu)
    }
    return { cpu, counters, queue, add, flush }
  }

  test('one entry stays free, on every turn of the ring', () => {
    const { cpu, queue, add, flush } = made(4)
    for (let serial = 1; serial < 20; serial += 3) {
      for (let one = 0; one < 3; one++) {
        expect(queue.isFull(cpu)).toBe(false)
        add(serial + one)
      }
      expect(queue.isFull(cpu)).toBe(true)
      queue.free(cpu)
      expect(cpu.settled[0]).toBe(serial - 1)
      flush()
      expect(cpu.settled[0]).toBe(serial + 2)
    }
  })

  test('a flush that had begun before the entry does not free it, and the next one does', () => {
    const { cpu, counters, queue, add, flush } = made(4)
    counters.begin(cpu)
    add(1)
    counters.finish(cpu)
    queue.free(cpu)
    expect(cpu.settled[0]).toBe(0)
    flush()
    expect(cpu.settled[0]).toBe(1)
  })

  test('two flushes that overlap free only what came before the later one', () => {
    const { cpu, counters, queue, add } = made(8)
    counters.begin(cpu)
    add(1)
    counters.begin(cpu)
    add(2)
    counters.finish(cpu)
    queue.free(cpu)
    expect(cpu.settled[0]).toBe(0)
    counters.finish(cpu)
    queue.free(cpu)
    expect(cpu.settled[0]).toBe(1)
  })

  test('the counters wrap', () => {
    const { cpu, counters, add, flush } = made(4)
    cpu.words.set([2 ** 31 - 1], BEGUN)
    cpu.words.set([2 ** 31 - 1], FINISHED)
    const stamp = counters.stamp(cpu)
    add(1)
    expect(counters.isFlushed(cpu, stamp)).toBe(false)
    flush()
    expect(cpu.words[FINISHED]).toBe(-(2 ** 31))
    expect(counters.isFlushed(cpu, stamp)).toBe(true)
    expect(cpu.settled[0]).toBe(1)
  })
})

describe('on real threads', () => {
  test('two CPUs drive the device at the same time', async () => {
    const result = await threadsCell({
      strategy: QUEUE,
      strategyParameters: { 'iova-queue.ring': 4, 'iova-queue.timeoutUs': 100 },
      workload: 'dma-map',
      parameters: { pages: 2, ops: 64, pauseNs: 0 },
      cpus: 2,
      initiators: 2,
      oracle: 'full',
      profileSets: ['memory.frames=8192', 'extras.iommu.trusted=no'],
      isOversubscribed: true,
    })
    expect(invariantsOf(result)).toEqual([])
    expect(result.figures.counters[COUNT_DEVICE_FLUSHES]).toBeGreaterThan(64 / 3)
  })
})

test('it handles the mappings of the device and no others, and runs with batched', async () => {
  expect(iovaQueue.handles).toEqual([KIND_IOMMU])
  expect((await loadStrategy(QUEUE)).summary).toContain('batched')
})

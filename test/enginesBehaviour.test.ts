import { describe, expect, test } from 'vitest'
import type { Strategy, StrategyHost, StrategyModule } from '../dist/src/contract/strategy.js'
import { Stuck } from '../dist/src/engines/stuck.js'
import { COUNT_DEMANDS, COUNT_INTERRUPTS_TAKEN } from '../dist/src/machine/counters.js'
import {
  loadStrategy,
  OWN_STRATEGIES,
  simCell,
  threadsCell,
  type CellOptions,
  type CellResult,
} from './support/runCell.js'

const storm = (strategy: string, cpus: number, more: Partial<CellOptions> = {}): CellOptions => ({
  strategy,
  workload: 'munmap-storm',
  parameters: { pages: 3, ops: 12, pauseNs: 5_000 },
  cpus,
  oracle: 'full',
  ...more,
})

describe.each(OWN_STRATEGIES)('%s', (strategy) => {
  test.each([0x7ffffff0, -8])('serials that wrap, from %i, change nothing', async (serialStart) => {
    for (const workload of ['munmap-storm', 'madvise-page'] as const) {
      const options = { ...storm(strategy, 3), workload, parameters: { pages: 3, ops: 12 } }
      const wrapped = await simCell({ ...options, serialStart })
      // Nothing is unsettled or held after the drain either: that would be an I9.
      expect(wrapped.violations).toEqual([])
      expect(wrapped.figures).toEqual((await simCell(options)).figures)
    }
  })

  test('all its state is in words: an object that lives for one hook does the same', async () => {
    for (const workload of ['munmap-storm', 'madvise-page', 'mprotect-storm', 'direct-map-zap'] as const) {
      const options: CellOptions = {
        strategy,
        workload,
        parameters: { pages: 8, ...(workload === 'mprotect-storm' ? { pairs: 8 } : { ops: 12 }) },
        cpus: 3,
        oracle: 'full',
      }
      const module = await loadStrategy(strategy)
      const { counting, created } = recreated(module)
      const short = await simCell({ ...options, module: counting })
      expect(created()).toBeGreaterThan(50)
      expect(short.figures).toEqual((await simCell(options)).figures)
      expect(short.violations).toEqual([])
    }
  })

  test('interrupts for nothing are harmless', async () => {
    const inner = OWN_STRATEGIES.indexOf(strategy)
    for (const cpus of [2, 3]) {
      const plain = await simCell(storm(strategy, cpus))
      const disturbed = await simCell({ ...storm('spurious', cpus), strategyParameters: { inner } })
      expect(disturbed.violations).toEqual([])
      expect(disturbed.figures.ipis).toBe(plain.figures.ipis + 12)
      expect(disturbed.figures.pagesInvalidated).toBe(plain.figures.pagesInvalidated)
      expect(disturbed.figures.counters[COUNT_INTERRUPTS_TAKEN]).toBeGreaterThan(0)
    }
  })
})

test('interrupts for nothing are harmless on real threads', async () => {
  const result = await threadsCell({ ...storm('spurious', 2), strategyParameters: { inner: 1 } })
  expect(result.violations).toEqual([])
  expect(result.figures.ipis).toBe(24)
})

/** Every hook call gets a strategy of its own, which knows nothing of earlier ones. */
function recreated(module: StrategyModule): { counting: StrategyModule; created: () => number } {
  let count = 0
  const create = (host: StrategyHost): Strategy =>
    new Proxy(module.create(host), {
      get(first, hook) {
        if (typeof Reflect.get(first, hook) !== 'function') return undefined
        return (...parameters: unknown[]) => {
          count++
          const fresh = module.create(host)
          return (Reflect.get(fresh, hook) as (...all: unknown[]) => unknown).apply(fresh, parameters)
        }
      },
    })
  return { counting: { ...module, create }, created: () => count }
}

describe('too few frames', () => {
  const scarce: CellOptions = storm('lazy', 2, {
    strategyParameters: { tickUs: 1_000_000 },
    parameters: { pages: 64, ops: 30, pauseNs: 0, readerPages: 4 },
  })

  test('what lazy holds is demanded back', async () => {
    const plenty = await simCell({ ...scarce, profileSets: ['memory.frames=16384'] })
    expect(plenty.figures.counters[COUNT_DEMANDS]).toBe(0)
    const { figures, violations } = await simCell({ ...scarce, profileSets: ['memory.frames=1024'] })
    expect(figures.counters[COUNT_DEMANDS]).toBeGreaterThan(0)
    expect(figures.ipis).toBeGreaterThan(0)
    expect(figures.heldFramesPeak).toBeLessThan(1024)
    expect(violations).toEqual([])
  })

  test('on real threads too', async () => {
    const { figures, violations } = await threadsCell({ ...scarce, profileSets: ['memory.frames=1024'] })
    expect(figures.counters[COUNT_DEMANDS]).toBeGreaterThan(0)
    expect(figures.ops).toBe(30)
    expect(violations).toEqual([])
  })
})

describe('every kind of ticket', () => {
  const kinds = ['zero', 'reached', 'at', 'AGAIN']

  test.each(kinds)('%s in virtual time', async (kind) => {
    for (const cpus of [1, 2, 8]) {
      const strategyParameters = { mode: kinds.indexOf(kind) }
      const result = await simCell(storm('tickets', cpus, { strategyParameters }))
      expect(result.violations).toEqual([])
      expect(result.figures.ipis).toBe(12 * 3 * (cpus - 1))
      expect(result.figures.flushRounds).toBe(cpus === 1 ? 0 : 36)
      // Each of the three pages of an op waits for two microseconds at least.
      if (kind === 'at') expect(Math.min(...result.figures.opsNs)).toBeGreaterThanOrEqual(6000)
      else expect(Math.max(...result.figures.opsNs)).toBeLessThan(20_000)
    }
  })

  test.each(kinds)('%s on real threads', async (kind) => {
    // A wait far above what an op takes by itself.
    const strategyParameters = { mode: kinds.indexOf(kind), waitNs: 300_000 }
    const result = await threadsCell(storm('tickets', 2, { strategyParameters }))
    expect(result.violations).toEqual([])
    expect(result.figures.ipis).toBe(36)
    if (kind === 'at') expect(Math.min(...result.figures.opsNs)).toBeGreaterThanOrEqual(900_000)
  })
})

describe('who waits for ever', () => {
  const kinds = ['a countdown', 'a word', 'AGAIN']

  test.each(kinds)('for %s, in virtual time', async (kind) => {
    const run = simCell(storm('stuck', 3, { strategyParameters: { mode: kinds.indexOf(kind) } }))
    const error = await run.catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(Stuck)
    const { cpuStates } = error as Stuck
    expect(cpuStates).toHaveLength(3)
    expect(cpuStates[0]).toMatch(/^CPU 0: unmap:\d > range:\d waits for ticket \d+/)
    for (const cpu of [1, 2]) expect(cpuStates[cpu]).toContain(`CPU ${cpu}: user mode`)
  })

  test('also where the others keep getting on', async () => {
    // Ticks and a working set above the TLB, so that no innocent's pass is a copy of the one before.
    const run = simCell({
      ...storm('stuck', 2, { strategyParameters: { tickUs: 1000 } }),
      parameters: { pages: 1, ops: 2, readerPages: 4096 },
    })
    await expect(run).rejects.toBeInstanceOf(Stuck)
  })

  test('on real threads, within the time that it is given', async () => {
    const began = performance.now()
    const run = threadsCell(storm('stuck', 2, { watchdogMs: 1500 }))
    const error = await run.catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(Stuck)
    expect(performance.now() - began).toBeLessThan(6000)
    const { message, cpuStates } = error as Stuck
    expect(message).toBe(
      'no progress within 1.5 s\nCPU 0 waits for an acknowledgement, and nothing that is on its way can bring it',
    )
    expect(cpuStates[0]).toMatch(/^CPU 0: unmap:\d > range:\d waits for ticket \d+/)
    expect(cpuStates[1]).toContain('CPU 1: user mode')
  })
})

test('workers that all die are one error of the run', async () => {
  const run = threadsCell(storm('dies-everywhere', 3))
  // Busy while they die, so that their ends arrive together and none is stopped before its own.
  const busy = setInterval(() => {
    for (const end = performance.now() + 400; performance.now() < end;);
  }, 10)
  try {
    await expect(run).rejects.toThrow(/^the worker of CPU \d failed: planted\n/)
  } finally {
    clearInterval(busy)
  }
})

test('more workers than cores: it takes longer, and ends with the same counts', async () => {
  const options = storm('batched', 4, { isOversubscribed: true })
  const threads = await threadsCell(options)
  expect(threads.figures).toMatchObject({ ops: 12, ipis: 36, flushRounds: 12, pagesInvalidated: 144 })
  expect(threads.violations).toEqual([])
})

describe('exposure', () => {
  const exposed = (strategy: string, cpus: number) =>
    simCell({ strategy, workload: 'munmap-storm', parameters: { pages: 4, ops: 60 }, cpus })

  test.each(['immediate', 'batched'])('%s: over before its op is', async (strategy) => {
    for (const cpus of [1, 2, 8]) {
      const { figures } = await exposed(strategy, cpus)
      expect(figures.exposuresNs).toHaveLength(60)
      expect(figures.openExposures).toBe(0)
      figures.exposuresNs.forEach((ns, op) => {
        expect(ns).toBeGreaterThan(0)
        expect(ns).toBeLessThanOrEqual(figures.opsNs[op])
      })
    }
  })

  test.each([2, 8])('lazy, %i CPUs: two sweeps of all at a tick of 1 ms, and not before', async (cpus) => {
    const { figures } = await exposed('lazy', cpus)
    expect(figures.exposuresNs.length).toBeGreaterThan(10)
    // What a ring of 64 slots still has; none of the last 2 ms can be over.
    expect(figures.openExposures).toBeGreaterThan(0)
    expect(figures.openExposures).toBeLessThanOrEqual(64)
    for (const ns of figures.exposuresNs) {
      expect(ns).toBeGreaterThanOrEqual(2e6)
      expect(ns).toBeLessThanOrEqual(4e6)
    }
  })

  test('a round takes longer the more CPUs there are, and the initiator waits for it', async () => {
    const p50: number[] = []
    for (const cpus of [1, 2, 8]) {
      const { figures }: CellResult = await exposed('batched', cpus)
      p50.push(figures.opsNs.toSorted((a, b) => a - b)[30])
    }
    expect(p50[1]).toBeGreaterThan(p50[0])
    expect(p50[2]).toBeGreaterThan(p50[1])
  })
})

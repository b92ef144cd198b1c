import { describe, expect, test } from 'vitest'
import type { WorkloadModule } from '../dist/src/contract/workload.js'
import type { Change } from '../dist/src/contract/change.js'
import type { Port } from '../dist/src/contract/port.js'
import lease, { Lease } from '../dist/src/strategies/lease.js'
import { plant } from '../dist/src/testing/defect.js'
import { COUNT_DEMANDS } from '../dist/src/machine/counters.js'
import { sharedAheadNs } from '../dist/src/engines/threads/sharedClock.js'
import { clockNs } from '../dist/src/engines/threads/threadsPort.js'
import { planOf, verdictOf } from './support/explorePlan.js'
import { readBack } from './support/readBack.js'
import { simCell, threadsCell, type CellOptions } from './support/runCell.js'
import { sharedThenGone } from './support/sharedThenGone.js'

const LEASE_NS = 100_000
/** Expiries are rounded up to a microsecond. */
const OVER_NS = LEASE_NS + 1000
const NOTHING = { ipis: 0, flushRounds: 0, pagesInvalidated: 0, fullFlushes: 0 }

async function countsOf(options: Omit<CellOptions, 'strategy'>, strategy = 'lease') {
  const { figures, violations } = await simCell({ strategy, oracle: 'full', ...options })
  expect(violations).toEqual([])
  const { ops, ipis, flushRounds, pagesInvalidated, fullFlushes } = figures
  return { ops, ipis, flushRounds, pagesInvalidated, fullFlushes }
}

describe.each([1, 2, 8])('%i CPUs that have all cached the pages', (cpus) => {
  const cell = (pages: number, pauseNs: number) => ({
    workload: sharedThenGone(pages, pauseNs),
    cpus,
    initiators: cpus,
  })

  test.each([1, 8])('an unmap of %i pages after the lease interrupts nobody', async (pages) => {
    expect(await countsOf(cell(pages, OVER_NS))).toEqual({ ops: 5, ...NOTHING })
    // No strategy without leases knows that.
    const told = await countsOf(cell(pages, OVER_NS), 'batched')
    expect(told).toMatchObject({ ipis: 5 * (cpus - 1), pagesInvalidated: 5 * pages * cpus })
  })

  test.each([1, 8])('an unmap of %i pages before that is one round', async (pages) => {
    expect(await countsOf(cell(pages, 0))).toEqual({
      ops: 5,
      ipis: 5 * (cpus - 1),
      flushRounds: cpus === 1 ? 0 : 5,
      pagesInvalidated: 5 * pages * cpus,
      fullFlushes: 0,
    })
  })

  test('a round is for the pages that have not expired', async () => {
    const counts = await countsOf({ ...cell(8, 0), workload: sharedThenGone(8, OVER_NS, 5, 0, 2) })
    expect(counts).toMatchObject({ ipis: 5 * (cpus - 1), pagesInvalidated: 5 * 2 * cpus })
  })

  test('waits=1: the operation waits for the expiry, as late as the last walk makes it', async () => {
    const options = { ...cell(8, LEASE_NS / 4), strategyParameters: { waits: 1 } }
    const { figures } = await simCell({ strategy: 'lease', oracle: 'full', ...options })
    expect(figures).toMatchObject({ ops: 5, ...NOTHING })
    // A quarter has passed when it begins.
    for (const ns of figures.opsNs) {
      expect(ns).toBeGreaterThan(LEASE_NS / 2)
      expect(ns).toBeLessThan((LEASE_NS * 3) / 4 + 1000)
    }
  })

  test('defers=1: nothing at the unmap, and an address that is wanted is waited for', async () => {
    const strategyParameters = { defers: 1 }
    expect(await countsOf({ ...cell(8, 0), strategyParameters })).toEqual({ ops: 5, ...NOTHING })
    const wanted = await simCell({
      strategy: 'lease',
      oracle: 'full',
      workload: readBack(8, 2),
      cpus,
      readers: 0,
      strategyParameters,
    })
    expect(wanted.violations).toEqual([])
    expect(wanted.figures).toMatchObject({ ops: 16, ...NOTHING })
    // While the first page of a lap is waited for, the other seven expire.
    expect(wanted.figures.counters[COUNT_DEMANDS]).toBe(2)
  })
})

/** One CPU reads the same pages again after each pause. */
const reads = (pages: number, pauseNs: number): WorkloadModule => ({
  summary: 'one CPU reads the same pages again and again',
  source: 'none',
  op: 'one reading of all pages',
  parameters: {},
  write: (plan) => {
    const tape = plan.tape(0)
    const region = plan.handle()
    tape.map(region, pages, { writable: true })
    tape.write(region, 0, pages)
    tape.body()
    tape.loop(10, () => {
      tape.pause(pauseNs)
      tape.op(() => tape.read(region, 0, pages))
    })
  },
})

test('the cost moves to who reads: each page is walked again after each lease, and not before', async () => {
  const missesOf = async (strategy: string, pauseNs: number) =>
    (await simCell({ strategy, workload: reads(16, pauseNs), cpus: 1 })).figures.tlbMisses
  expect(await missesOf('lease', OVER_NS)).toBe(10 * 16)
  // Eleven pauses of a tenth: the pages of the warm-up have expired at the first of them, and once more at the tenth or eleventh.
  expect(await missesOf('lease', LEASE_NS / 20)).toBe(16)
  expect(await missesOf('batched', OVER_NS)).toBe(0)
})

test('passes of readers that repeat themselves end where an entry expires: taken over or run, the figures are the same', async () => {
  const cell: CellOptions = {
    strategy: 'lease',
    workload: 'munmap-storm',
    parameters: { pages: 2, ops: 12, pauseNs: 40_000, readerPages: 24, readerWorkNs: 0 },
    cpus: 3,
  }
  const [repeated, run] = [await simCell(cell), await simCell({ ...cell, mayRepeatPasses: false })]
  expect(repeated.figures.tlbMisses).toBeGreaterThan(24 * 2)
  expect(repeated.figures).toEqual(run.figures)
})

test('a reader that uses its pages all the time walks them once for each lease, alone with its clock or not', async () => {
  const pages = 24
  const parameters = { pages: 1, ops: 10, pauseNs: 10 * LEASE_NS, readerPages: pages, readerWorkNs: 0 }
  const { figures } = await simCell({ strategy: 'lease', workload: 'munmap-storm', parameters, cpus: 2 })
  // A lease begins with the walk and is rounded up to a microsecond; what the initiator itself walks is little.
  const leases = figures.elapsedNs / LEASE_NS
  expect(figures.tlbMisses).toBeGreaterThan(0.97 * pages * leases)
  expect(figures.tlbMisses).toBeLessThan(pages * (leases + 1) + 30)
})

test.each([0, 1])(
  'real threads: CPU %i finds the lease over by a clock that is also the other one’s',
  async (by) => {
    const workload = sharedThenGone(4, 3 * LEASE_NS, 20, by)
    const { figures, violations } = await threadsCell({
      strategy: 'lease',
      workload,
      cpus: 2,
      initiators: 2,
      oracle: 'full',
      isOversubscribed: true,
    })
    expect(violations).toEqual([])
    expect(figures).toMatchObject({ ops: 20, ...NOTHING })
  },
)

test('clocks that began at different times are one, and begin when the first one looks', () => {
  const words = new Int32Array(new SharedArrayBuffer(4))
  const clocks = [0, 5e6, -7e9].map((laterNs) => () => clockNs() - laterNs)
  const aheads = clocks.map((clock) => sharedAheadNs(words, 0, clock))
  const now = clockNs()
  const shared = [0, 5e6, -7e9].map((laterNs, index) => now - laterNs + aheads[index])
  // Each is matched to less than a microsecond; a descheduled reading may be worse, but not by what was between them.
  for (const ns of shared) expect(Math.abs(ns - shared[0])).toBeLessThan(1e6)
  expect(shared[0]).toBeGreaterThanOrEqual(-2000)
  expect(shared[0]).toBeLessThan(60e9)
})

test('a freed table takes a round, whatever has expired', async () => {
  const profileSets = ['memory.frames=8192', 'memory.tableFreeing=empty']
  const cell = { workload: sharedThenGone(4, OVER_NS), cpus: 3, initiators: 3, profileSets }
  expect(await countsOf(cell)).toMatchObject({ ops: 5, flushRounds: 5, ipis: 10 })
})

describe('the explorer', () => {
  test.each([{}, { waits: 1 }, { defers: 1 }])('finds nothing with %o', (parameters) => {
    const given = { preemption: 'hooks', operationCount: 1 } as const
    expect(verdictOf(planOf(lease, given, parameters))).toBe('complete')
  })

  test('finds a wait that ends before the lease', () => {
    class Early extends Lease {
      protected override expiryOf(_cpu: Port, change: Change): number {
        return change.expiry - 1
      }
    }
    const early = plant(lease, 'waits a tick less', (host) => new Early(host))
    expect(verdictOf(planOf(early, {}, { waits: 1 }))).toBe('I11')
  })
})

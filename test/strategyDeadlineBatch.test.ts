import { describe, expect, test } from 'vitest'
import type { StrategyModule } from '../dist/src/contract/strategy.js'
import type { WorkloadModule } from '../dist/src/contract/workload.js'
import type { ExploreCase } from '../dist/src/engines/explore/exploreCase.js'
import { COUNT_DEMANDS } from '../dist/src/machine/counters.js'
import { Layout } from '../dist/src/machine/layout.js'
import { holderBlock, Holders } from '../dist/src/strategies/shared/holders.js'
import { roundBlocks } from '../dist/src/strategies/shared/round.js'
import { UnattendedRound } from '../dist/src/strategies/shared/unattendedRound.js'
import { WordPort } from './support/bareKernel.js'
import { planOf as explorePlan, shipped, verdictOf } from './support/explorePlan.js'
import { readBack } from './support/readBack.js'
import { invariantsOf, loadStrategy, simCell, threadsCell, type CellOptions } from './support/runCell.js'

/** No tick and no age: the count alone decides. */
const BY_COUNT = { tickUs: 1_000_000, ageUs: 60_000_000 }
const CEILING = 33

async function countsOf(options: Omit<CellOptions, 'strategy'>, strategy = 'deadline-batch') {
  const { figures, violations } = await simCell({ strategy, oracle: 'full', ...options })
  expect(violations).toEqual([])
  const { ops, ipis, flushRounds, pagesInvalidated, fullFlushes, counters } = figures
  return { ops, ipis, flushRounds, pagesInvalidated, fullFlushes, demands: counters[COUNT_DEMANDS] }
}

describe('the count', () => {
  const PAGES = 16
  const OPS = 8
  const storm = (cpus: number, strategyParameters: Record<string, number>) => ({
    workload: 'munmap-storm',
    parameters: { pages: PAGES, ops: OPS, pauseNs: 0, readerPages: 2, readerWorkNs: 0 },
    cpus,
    strategyParameters: { ...BY_COUNT, ...strategyParameters },
  })

  test.each([1, 2, 3, 8])(
    '%i CPUs: a round after each so many changes, whatever the operations',
    async (cpus) => {
      for (const count of [16, 64, 100, 128, 300]) {
        const changes = PAGES * OPS
        // The warm-up pass has left some of them.
        const rounds = Math.floor((2 * changes) / count) - Math.floor(changes / count)
        const isFull = count > CEILING
        expect({ count, ...(await countsOf(storm(cpus, { count }))) }).toEqual({
          count,
          ops: OPS,
          ipis: rounds * (cpus - 1),
          flushRounds: cpus === 1 ? 0 : rounds,
          pagesInvalidated: isFull ? 0 : rounds * count * cpus,
          fullFlushes: isFull ? rounds * cpus : 0,
          demands: 0,
        })
      }
    },
  )

  test('a range up to the ceiling is flushed page by page', async () => {
    const counts = await countsOf(storm(3, { count: 64, ceiling: 64 }))
    expect(counts).toMatchObject({ flushRounds: 2, pagesInvalidated: 2 * 64 * 3, fullFlushes: 0 })
  })

  test('who flushes at the end of each operation has a round for each', async () => {
    const { strategyParameters: _, ...cell } = storm(3, {})
    expect(await countsOf(cell, 'batched')).toMatchObject({ flushRounds: OPS })
  })
})

describe('what may not wait', () => {
  test.each([1, 2, 3, 8])('%i CPUs: a permission is a round for each operation', async (cpus) => {
    const counts = await countsOf({
      workload: 'mprotect-storm',
      parameters: { pages: 16, range: 3, pairs: 6 },
      cpus,
      strategyParameters: BY_COUNT,
    })
    expect(counts).toEqual({
      ops: 12,
      ipis: 6 * (cpus - 1),
      flushRounds: cpus === 1 ? 0 : 6,
      pagesInvalidated: 6 * 3 * cpus,
      fullFlushes: 0,
      demands: 0,
    })
  })

  test('an address that is wanted at once is a demand, which ends the batch', async () => {
    const cell = { workload: readBack(8, 2), cpus: 3, readers: 0 }
    const counts = await countsOf({ ...cell, strategyParameters: BY_COUNT })
    expect(counts).toMatchObject({ flushRounds: 16, ipis: 32, pagesInvalidated: 16 * 3, demands: 16 })
  })
})

describe('the age', () => {
  const paused = (pauseNs: number, ops: number): CellOptions => ({
    strategy: 'deadline-batch',
    workload: 'munmap-storm',
    parameters: { pages: 4, ops, pauseNs, readerPages: 2, readerWorkNs: 0 },
    cpus: 3,
    strategyParameters: { tickUs: 1000, ageUs: 2000, count: 1000 },
  })

  test('ends a batch at a tick, and nobody waits for that round', async () => {
    // Each unmap is two ticks old before the next one comes.
    const counts = await countsOf(paused(5_000_000, 6))
    expect(counts).toMatchObject({
      ops: 6,
      flushRounds: 6,
      ipis: 12,
      pagesInvalidated: 6 * 4 * 3,
      demands: 0,
    })
  })

  test('is that of the oldest change: what comes meanwhile goes along', async () => {
    const { flushRounds, demands } = await countsOf(paused(100_000, 80))
    // 80 periods of 0.1 ms and a little more are 8 to 11 ms, in batches of one to two ticks and a pause.
    expect(demands).toBe(0)
    expect(flushRounds).toBeGreaterThanOrEqual(4)
    expect(flushRounds).toBeLessThanOrEqual(6)
  })

  test('is promised: a deadline that is too short for it is broken', async () => {
    const module = await loadStrategy('deadline-batch')
    const hasty: StrategyModule = {
      ...module,
      assumes: (parameters) => ({ ...module.assumes(parameters), deadlineNs: 1_000_000 }),
    }
    const cell = { ...paused(5_000_000, 6), oracle: 'full' } as const
    expect(invariantsOf(await simCell({ ...cell, module: hasty }))).toEqual(['I9'])
    expect((await simCell(cell)).violations).toEqual([])
    expect(module.contract({})).toBe('bounded')
  })

  test('on real threads', async () => {
    const { figures, violations } = await threadsCell({ ...paused(5_000_000, 6), cpus: 2, oracle: 'full' })
    expect(violations).toEqual([])
    expect(figures.flushRounds).toBeGreaterThan(0)
  })
})

test('no interleaving of its two rounds is wrong: one that a tick begins, and one that a task waits for', async () => {
  const module = await shipped('deadline-batch')
  // CPU 1 is in its handler already, past the row of the first round, when CPU 0 asks for both.
  const both: Partial<ExploreCase> = {
    alphabet: ['advise', 'protect'],
    roles: [['advise', 'protect'], []],
    pageCount: 2,
    frameCount: 2,
    operationCount: 2,
    preemption: 'hooks',
    tickCount: 1,
    spuriousCount: 1,
  }
  expect(verdictOf(explorePlan(module, both, { count: 1000, ageUs: 1 }))).toBe('complete')
})

/** Guest memory: each first write takes a page out of the direct map. */
const guests = (pages: number, isBatch: boolean): WorkloadModule => ({
  summary: 'faults in guest memory',
  source: 'none',
  op: 'one fault, or all of them',
  parameters: {},
  write: (plan) => {
    const tape = plan.tape(0)
    const guest = plan.handle()
    tape.map(guest, pages, { writable: true, guest: true })
    tape.body()
    // Without the old translations of this CPU, or it would not notice that the pages are gone.
    tape.switchTo(1)
    const touch = () => tape.write(guest, 0, pages)
    tape.op(() => (isBatch ? tape.batch(touch) : touch()))
    tape.pause(5_000_000)
    tape.adviseAway(guest, 0, pages)
  },
})

describe('guest memory', () => {
  const cell = { workload: guests(16, false), cpus: 3, readers: 0 }

  test('is exposed within the deadline and not at once: preset guest-memory has no round for 16 faults', async () => {
    const { presets } = await loadStrategy('deadline-batch')
    const strategyParameters = { ...presets?.['guest-memory'].values }
    expect(strategyParameters).toEqual({ count: 512, ageUs: 5_000_000 })
    const counts = await countsOf({ ...cell, strategyParameters })
    expect(counts.ops).toBe(1)
    // The first write wants an address again: one demand, one round.
    expect(counts.flushRounds).toBe(1)
    expect((await countsOf(cell, 'batched')).flushRounds).toBeGreaterThanOrEqual(16)
  })

  test.each([false, true])('has its deadline, in a batch (%s) as outside of one', async (isBatch) => {
    const module = await loadStrategy('deadline-batch')
    const hasty: StrategyModule = {
      ...module,
      assumes: (parameters) => ({ ...module.assumes(parameters), deadlineNs: 1_000_000 }),
    }
    const options: CellOptions = {
      strategy: 'deadline-batch',
      workload: guests(4, isBatch),
      cpus: 2,
      readers: 0,
      oracle: 'full',
      strategyParameters: { count: 1000 },
    }
    expect(invariantsOf(await simCell({ ...options, module: hasty }))).toEqual(['I9'])
    expect((await simCell(options)).violations).toEqual([])
  })
})

describe('a round that nobody waits for', () => {
  const CPUS = 3

  function roundOf() {
    const layout = new Layout()
    const shape = { cpuCount: CPUS, spaceCount: 2 }
    const holdersAt = layout.place('holders', holderBlock(shape))
    const blocks = roundBlocks(shape)
    const request = layout.place('request', blocks.request)
    const row = layout.place('row', blocks.row)
    const ports = WordPort.all(CPUS, layout.wordCount)
    const holders = new Holders(holdersAt, CPUS)
    for (const port of ports) holders.enter(port, 1)
    return { round: new UnattendedRound(request, row, holders, 0, CPUS), ports }
  }

  test('is settled by the last who flushes', () => {
    const { round, ports } = roundOf()
    const [first, second, third] = ports
    round.startFor(first, 7, 1, 40, 2)
    expect(first.log).toContain('interrupt 1 2')
    expect(first.log).toContain('invalidate 1 40 2 1')
    round.serve(third)
    // For nothing: it has answered.
    round.serve(third)
    expect([round.isUnderWay(first), first.settled[0]]).toEqual([true, 0])
    round.serve(second)
    expect([round.isUnderWay(first), first.settled[0]]).toEqual([false, 7])
    for (const port of [second, third]) expect(port.log).toContain('invalidate 1 40 2 1')
    round.startFor(first, 9, 1, 50, 1)
    expect([round.isUnderWay(first), first.settled[0]]).toEqual([true, 7])
  })

  test('is not settled before its initiator has flushed, however fast the others are', () => {
    const { round, ports } = roundOf()
    const [first, second, third] = ports
    const settledAtFlush: number[] = []
    first.interruptSet = () => {
      for (const port of [second, third]) round.serve(port)
    }
    first.invalidate = () => settledAtFlush.push(first.settled[0])
    round.startFor(first, 7, 1, 40, 2)
    expect(settledAtFlush).toEqual([0])
    expect(first.settled[0]).toBe(7)
  })

  test('tells the serial of its own round, also when the next one begins at once', () => {
    const { round, ports } = roundOf()
    const [first, second, third] = ports
    round.startFor(first, 7, 1, 40, 2)
    round.serve(second)
    const usual = third.add.bind(third)
    third.add = (word, delta) => {
      const before = usual(word, delta)
      // The initiator sees nobody left and begins another one before the last has claimed the first.
      if (before === 1) round.startFor(first, 9, 1, 50, 1)
      return before
    }
    round.serve(third)
    expect(third.settled[0]).toBe(7)
  })
})

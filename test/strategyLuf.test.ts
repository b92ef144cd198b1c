import { describe, expect, test } from 'vitest'
import { waits } from '../dist/src/contract/ticket.js'
import type { WorkloadModule } from '../dist/src/contract/workload.js'
import { COUNT_DEMANDS } from '../dist/src/machine/counters.js'
import { Layout } from '../dist/src/machine/layout.js'
import { holderBlock, Holders } from '../dist/src/strategies/shared/holders.js'
import { pendingBlocks, PendingFlush } from '../dist/src/strategies/shared/pendingFlush.js'
import { WordPort } from './support/bareKernel.js'
import { simCell, threadsCell, type CellOptions } from './support/runCell.js'

async function countsOf(options: Omit<CellOptions, 'strategy'>, strategy = 'luf') {
  const { figures, violations } = await simCell({ strategy, oracle: 'full', ...options })
  expect(violations).toEqual([])
  const { ops, ipis, flushRounds, pagesInvalidated, fullFlushes, counters } = figures
  return { ops, ipis, flushRounds, pagesInvalidated, fullFlushes, demands: counters[COUNT_DEMANDS] }
}

const PAGES = 4
const LAPS = 5

/** Page after page of a mapping goes, in operations of their own; then all are touched again. */
const laps = (writable: boolean): WorkloadModule => ({
  summary: 'pages go one by one and come back together',
  source: 'none',
  op: 'one advise away',
  parameters: {},
  write: (plan) => {
    const tape = plan.tape(0)
    const pages = plan.handle()
    tape.map(pages, PAGES, { writable })
    const touch = () => (writable ? tape.write(pages, 0, PAGES) : tape.read(pages, 0, PAGES))
    touch()
    tape.body()
    tape.loop(LAPS, () => {
      for (let page = 0; page < PAGES; page++) tape.op(() => tape.adviseAway(pages, page, 1))
      // It empties this CPU's own TLB, or nobody would want the addresses yet.
      tape.switchTo(1)
      touch()
    })
  },
})

describe.each([1, 2, 3, 8])('%i CPUs', (cpus) => {
  const cell = (writable: boolean) => ({ workload: laps(writable), cpus, readers: 0 })

  test('read-only pages go without a flush, and one is enough when they come back', async () => {
    expect(await countsOf(cell(false))).toEqual({
      ops: PAGES * LAPS,
      ipis: LAPS * (cpus - 1),
      flushRounds: cpus === 1 ? 0 : LAPS,
      pagesInvalidated: 0,
      fullFlushes: LAPS * cpus,
      demands: LAPS,
    })
  })

  test('writable pages are flushed at the end of each operation', async () => {
    expect(await countsOf(cell(true))).toEqual({
      ops: PAGES * LAPS,
      ipis: PAGES * LAPS * (cpus - 1),
      flushRounds: cpus === 1 ? 0 : PAGES * LAPS,
      pagesInvalidated: PAGES * LAPS * cpus,
      fullFlushes: 0,
      demands: 0,
    })
  })

  test('an unmap of written pages is one round, as batched', async () => {
    const parameters = { pages: 16, ops: 5, pauseNs: 0, readerPages: 2, readerWorkNs: 0 }
    const storm = { workload: 'munmap-storm', parameters, cpus }
    const counts = await countsOf(storm)
    expect(counts).toMatchObject({
      ops: 5,
      ipis: 5 * (cpus - 1),
      pagesInvalidated: 5 * 16 * cpus,
      demands: 0,
    })
    expect(counts).toEqual(await countsOf(storm, 'batched'))
  })
})

test('others make no difference between the two, or one demand for each page', async () => {
  for (const strategy of ['batched', 'lazy', 'xen-timestamp']) {
    const strategyParameters: Record<string, number> = strategy === 'lazy' ? { tickUs: 1_000_000 } : {}
    const counts = (writable: boolean) =>
      countsOf({ workload: laps(writable), cpus: 3, readers: 0, strategyParameters }, strategy)
    expect(await counts(true)).toEqual(await counts(false))
    if (strategy === 'lazy') expect((await counts(false)).demands).toBe(PAGES * LAPS)
  }
})

/** A read-only page goes, and a writable one takes its address, while another CPU reads it. */
const upgrade: WorkloadModule = {
  summary: 'a writable page in the place of a read-only one',
  source: 'none',
  op: 'one advise away',
  parameters: {},
  write: (plan) => {
    const [first, second] = [plan.tape(0), plan.tape(1)]
    const page = plan.handle()
    first.map(page, 1, { writable: true })
    first.protect(page, 0, 1, false)
    first.body()
    first.barrier()
    first.read(page, 0, 1)
    first.barrier()
    first.barrier()
    first.op(() => first.adviseAway(page, 0, 1))
    first.protect(page, 0, 1, true)
    first.write(page, 0, 1)
    // As it was, for the next pass.
    first.adviseAway(page, 0, 1)
    first.protect(page, 0, 1, false)
    first.barrier()
    second.body()
    second.barrier()
    second.barrier()
    second.read(page, 0, 1)
    second.barrier()
    second.barrier()
  },
}

test('it gives up where a writable page takes the address', async () => {
  const counts = await countsOf({ workload: upgrade, cpus: 2, initiators: 2 })
  // One for the address when it is written, and one at the end of the operation that takes the writable page.
  expect(counts).toMatchObject({ ops: 1, flushRounds: 2, demands: 1 })
})

/** Everybody takes read-only pages away and reads them again. */
const crowd: WorkloadModule = {
  summary: 'all CPUs advise shared read-only pages away and read them',
  source: 'none',
  op: 'one advise away and a read',
  parameters: {},
  write: (plan) => {
    const pages = plan.handle()
    const tapes = Array.from({ length: plan.initiatorCount }, (_, cpu) => plan.tape(cpu))
    tapes[0].map(pages, PAGES, {})
    for (const tape of tapes) {
      tape.body()
      for (let op = 0; op < 60; op++) {
        tape.op(() => {
          tape.adviseAway(pages, plan.random(PAGES), 1)
          tape.read(pages, plan.random(PAGES), 1)
        })
      }
    }
  },
}

describe('generations of few bits', () => {
  const cell = (cpus: number, generationBits: number): CellOptions => ({
    strategy: 'luf',
    workload: crowd,
    cpus,
    initiators: cpus,
    oracle: 'full',
    strategyParameters: { generationBits },
  })

  test.each([2, 3, 4])('wrap all the time on %i CPUs, and nothing is lost', async (cpus) => {
    for (const bits of [2, 3, 16]) {
      const { figures, violations } = await simCell(cell(cpus, bits))
      expect([bits, violations]).toEqual([bits, []])
      expect(figures.flushRounds).toBeGreaterThan(8)
    }
  })

  test('on real threads', async () => {
    expect((await threadsCell(cell(2, 2))).violations).toEqual([])
  })
})

describe('the pending flush', () => {
  function pendingOf(cpuCount: number) {
    const layout = new Layout()
    const shape = { cpuCount, spaceCount: 3 }
    const holdersAt = layout.place('holders', holderBlock(shape))
    const blocks = Object.entries(pendingBlocks(shape)).map(([name, block]) => [
      name,
      layout.place(name, block),
    ])
    const ports = WordPort.all(cpuCount, layout.wordCount)
    const holders = new Holders(holdersAt, cpuCount)
    const pending = new PendingFlush(Object.fromEntries(blocks) as never, 0, cpuCount)
    return { pending, holders, ports }
  }

  test('interrupts those who held a space of what was put off, and is done when the last has flushed', () => {
    const { pending, holders, ports } = pendingOf(4)
    const [one, two, three, four] = ports
    holders.enter(two, 1)
    holders.enter(three, 2)
    expect(pending.putOff(one, holders, 1)).toBe(0)
    expect(pending.putOff(three, holders, 2)).toBe(0)
    expect([pending.done(four), pending.open(four)]).toEqual([-1, 0])
    expect(waits(pending.flushUpTo(four, 0))).toBe(true)
    expect(four.log).toContain('interrupt 0 1 2')
    expect(four.log).not.toContain('invalidateAll')
    expect(pending.open(four)).toBe(1)
    for (const port of [one, two]) pending.serve(port)
    expect(pending.done(four)).toBe(-1)
    pending.serve(three)
    expect(pending.done(four)).toBe(0)
    expect(pending.flushUpTo(four, 0)).toBe(0)
    for (const port of [one, two, three]) expect(port.log).toContain('invalidateAll')
    // Nothing is asked of them twice.
    one.log.length = 0
    pending.serve(one)
    expect(one.log).toEqual([])
  })

  test('takes one after the other: who wants the next generation waits for the flush under way first', () => {
    const { pending, holders, ports } = pendingOf(3)
    const [one, two, three] = ports
    holders.enter(three, 1)
    pending.putOff(one, holders, 1)
    expect(waits(pending.flushUpTo(one, 0))).toBe(true)
    expect(pending.putOff(two, holders, 1)).toBe(1)
    two.log.length = 0
    expect(waits(pending.flushUpTo(two, 1))).toBe(true)
    expect(two.log.filter((line) => line.startsWith('interrupt'))).toEqual([])
    pending.serve(three)
    expect(pending.done(two)).toBe(0)
    expect(waits(pending.flushUpTo(two, 1))).toBe(true)
    expect(two.log).toContain('interrupt 2')
    pending.serve(three)
    expect(pending.done(two)).toBe(1)
  })

  test('is not done before the CPU that began it has flushed, however fast the others are', () => {
    const { pending, holders, ports } = pendingOf(2)
    const [one, two] = ports
    for (const port of ports) holders.enter(port, 1)
    pending.putOff(one, holders, 1)
    const doneAtFlush: number[] = []
    one.interruptSet = () => pending.serve(two)
    one.invalidateAll = () => doneAtFlush.push(pending.done(two))
    expect(pending.flushUpTo(one, 0)).toBe(0)
    expect([doneAtFlush, pending.done(one)]).toEqual([[-1], 0])
  })

  test('a CPU that is added while a flush begins counts to a generation that has it', () => {
    const { pending, holders, ports } = pendingOf(3)
    const [one, two, three] = ports
    holders.enter(three, 1)
    // The flush begins after the CPUs were added, and before the generation is read.
    const usual = one.or.bind(one)
    one.or = (word, bits) => {
      const before = usual(word, bits)
      pending.flushUpTo(two, 0)
      return before
    }
    expect(pending.putOff(one, holders, 1)).toBe(1)
    expect(two.log).toContain('interrupt 0 2')
  })
})

import { describe, expect, test } from 'vitest'
import { FRAME_REUSE, REVOKE, SEEN, TABLE_REUSE, VA_REUSE } from '../dist/src/contract/obligation.js'
import { LEVEL_CALL } from '../dist/src/contract/operation.js'
import { PRESENT } from '../dist/src/contract/page.js'
import { DONE, SETTLED } from '../dist/src/contract/ticket.js'
import type { WorkloadModule } from '../dist/src/contract/workload.js'
import { HandCpus } from './support/handCpus.js'
import { loadStrategy, simCell, type CellOptions } from './support/runCell.js'

const UNMAPPED = SEEN | FRAME_REUSE | VA_REUSE
const illumos = await loadStrategy('illumos-idle')

/** Unmaps a mapping of which `runs` runs of pages have been written, with a hole after each. */
function holes(runs: number, pages: number): WorkloadModule {
  return {
    summary: 'unmaps with holes',
    source: 'none',
    op: 'one unmap',
    parameters: {},
    write: (plan) => {
      const tape = plan.tape(0)
      const [handle, neighbour] = [plan.handle(), plan.handle()]
      tape.map(neighbour, 1, { writable: true })
      tape.write(neighbour, 0, 1)
      tape.body()
      tape.loop(3, () => {
        tape.map(handle, runs * (pages + 1), { writable: true })
        for (let run = 0; run < runs; run++) tape.write(handle, run * (pages + 1), pages)
        tape.op(() => tape.unmap(handle))
      })
    },
  }
}

describe('counts', () => {
  test.each([1, 2, 4])('%i CPUs: a round for each range of an unload', async (cpus) => {
    for (const [runs, pages] of [
      [1, 1],
      [1, 40],
      [3, 2],
      [8, 1],
      [9, 2],
      [20, 1],
    ]) {
      const cell = { workload: holes(runs, pages), cpus, readers: 0 }
      const { figures } = await simCell({ ...cell, strategy: 'illumos-idle' })
      expect({ runs, pages, ...figures }).toMatchObject({
        ops: 3,
        flushRounds: cpus === 1 ? 0 : 3 * runs,
        ipis: 3 * runs * (cpus - 1),
        pagesInvalidated: 3 * runs * pages * cpus,
        fullFlushes: 0,
      })
      const linux = await simCell({ ...cell, strategy: 'linux' })
      expect(linux.figures.ipis).toBe(3 * (cpus - 1))
    }
  })

  test('a freed table is a range more', async () => {
    const freed = ['memory.frames=8192', 'memory.tableFreeing=empty']
    const workload: WorkloadModule = {
      ...holes(0, 0),
      write: (plan) => {
        const tape = plan.tape(0)
        const handle = plan.handle()
        tape.body()
        tape.loop(3, () => {
          tape.map(handle, 2, { writable: true })
          tape.write(handle, 0, 2)
          tape.op(() => tape.unmap(handle))
        })
      },
    }
    const cell = { strategy: 'illumos-idle', workload, cpus: 3, readers: 0 }
    expect((await simCell({ ...cell, profileSets: freed })).figures.flushRounds).toBe(3 * 2)
    expect((await simCell(cell)).figures.flushRounds).toBe(3)
  })

  test('a permission is taken away page by page', async () => {
    const cell = { workload: 'mprotect-storm', parameters: { pages: 16, range: 3, pairs: 6 }, cpus: 4 }
    const { figures } = await simCell({ ...cell, strategy: 'illumos-idle' })
    expect(figures).toMatchObject({ flushRounds: 6 * 3, ipis: 6 * 3 * 3, pagesInvalidated: 6 * 3 * 4 })
  })
})

test('a CPU that was left out flushes once when it wakes, however many ranges there were', async () => {
  const workload: WorkloadModule = {
    ...holes(0, 0),
    write: (plan) => {
      const [first, second] = [plan.tape(0), plan.tape(1)]
      const handle = plan.handle()
      first.map(handle, 3, { writable: true })
      first.body()
      second.body()
      first.loop(4, () => {
        first.write(handle, 0, 3)
        first.barrier()
        first.pause(100_000)
        for (const page of [0, 2]) first.op(() => first.adviseAway(handle, page, 1))
        first.barrier()
      })
      second.loop(4, () => {
        second.barrier()
        second.read(handle, 0, 3)
        second.idle(1_000_000)
        second.barrier()
      })
    },
  }
  const cell: CellOptions = { strategy: 'illumos-idle', workload, cpus: 2, initiators: 2, oracle: 'full' }
  const { figures, violations } = await simCell(cell)
  expect([figures.ipis, figures.fullFlushes, violations]).toEqual([0, 4, []])
  expect((await simCell({ ...cell, strategy: 'immediate' })).figures.ipis).toBe(4 * 2)
})

describe('an unload', () => {
  const begun = (given: Record<string, number> = {}) => {
    const hand = new HandCpus(illumos, 2, given)
    hand.enter(1)
    const remove = (page: number, more: object = {}) =>
      hand.change(0, { space: 1, firstPage: page, obligations: UNMAPPED, ...more })
    /** Serves CPU 1 and lets CPU 0 go on; what CPU 0 did, and its ticket then. */
    const step = () => {
      hand.interrupt(1)
      const ticket = hand.strategy.resumed(hand.cpus[0], 0)
      return { did: hand.cpus[0].take(), ticket }
    }
    return { hand, remove, step }
  }

  test('that finds its ranges full flushes them first, and settles no more than them', () => {
    const { hand, remove, step } = begun({ ranges: 2 })
    expect([remove(1), remove(2), remove(5)]).toEqual([DONE, DONE, DONE])
    expect(hand.cpus[0].take()).toEqual([])
    remove(8)
    expect(hand.cpus[0].take()).toEqual(['interrupt 1', 'flush 2 pages from 1 of space 1'])
    expect(step().did).toEqual(['interrupt 1', 'flush 1 pages from 5 of space 1'])
    // Page 8, the fourth change, waits for the end: its own ticket claims nothing.
    expect(step()).toEqual({ did: ['settle 3 of CPU 0'], ticket: DONE })
    remove(9)
    hand.finish(0, { space: 1, level: LEVEL_CALL })
    expect(hand.cpus[0].take()).toEqual(['interrupt 1', 'flush 2 pages from 8 of space 1'])
    expect(step()).toEqual({ did: ['settle 5 of CPU 0'], ticket: SETTLED })
  })

  test('leaves idle CPUs alone, but not where a table is freed', () => {
    const { hand, remove } = begun()
    hand.strategy.idled!(hand.cpus[1])
    remove(1)
    hand.finish(0, { space: 1, level: LEVEL_CALL })
    expect(hand.cpus[0].take()).toEqual(['flush 1 pages from 1 of space 1', 'settle 1 of CPU 0'])
    hand.strategy.woke!(hand.cpus[1])
    expect(hand.cpus[1].take()).toEqual(['flush everything'])
    hand.strategy.idled!(hand.cpus[1])
    remove(1)
    remove(1, { obligations: TABLE_REUSE })
    hand.finish(0, { space: 1, level: LEVEL_CALL })
    expect(hand.cpus[0].take()).toEqual(['interrupt 1', 'flush 1 pages from 1 of space 1'])
  })

  test('a page that stays, with fewer rights, does not wait for the end', () => {
    const { hand, remove } = begun()
    remove(4, { obligations: REVOKE, newFlags: PRESENT })
    expect(hand.cpus[0].take()).toEqual(['interrupt 1', 'flush 1 pages from 4 of space 1'])
  })
})

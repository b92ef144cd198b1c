import { describe, expect, test } from 'vitest'
import { FRAME_REUSE, IO, SEEN, TABLE_REUSE, VA_REUSE } from '../dist/src/contract/obligation.js'
import { LEVEL_BATCH, LEVEL_RANGE, OPERATION_WRITE_OUT } from '../dist/src/contract/operation.js'
import { DIRTY } from '../dist/src/contract/page.js'
import type { WorkloadModule } from '../dist/src/contract/workload.js'
import { HandCpus } from './support/handCpus.js'
import { loadStrategy, simCell } from './support/runCell.js'

const UNMAPPED = SEEN | FRAME_REUSE | VA_REUSE
const SWAP_CLUSTER_MAX = 32
const reclaim = await loadStrategy('reclaim-batch')

/** Three scans that take pages away one by one. */
function scan(pages: number): WorkloadModule {
  return {
    summary: 'a scan',
    source: 'none',
    op: 'one batch',
    parameters: {},
    write: (plan) => {
      const tape = plan.tape(0)
      const shared = plan.handle()
      tape.map(shared, pages, { writable: true })
      tape.body()
      tape.loop(3, () => {
        tape.write(shared, 0, pages)
        tape.op(() =>
          tape.batch(() => {
            for (let page = 0; page < pages; page++) tape.adviseAway(shared, page, 1)
          }),
        )
      })
    },
  }
}

describe('counts', () => {
  test.each([2, 4])('%i CPUs: one round and full flushes for each cluster', async (cpus) => {
    for (const pages of [1, 5, 32, 33, 65]) {
      const cell = { workload: scan(pages), cpus, readers: 0 }
      const rounds = 3 * Math.ceil(pages / SWAP_CLUSTER_MAX)
      const { figures } = await simCell({ ...cell, strategy: 'reclaim-batch' })
      expect({ pages, ...figures }).toMatchObject({
        pages,
        flushRounds: rounds,
        ipis: rounds * (cpus - 1),
        pagesInvalidated: 0,
        fullFlushes: rounds * cpus,
      })
      const linux = await simCell({ ...cell, strategy: 'linux' })
      expect(linux.figures).toMatchObject({ flushRounds: 3 * pages, fullFlushes: 0 })
    }
  })

  test('alone: page by page, at once', async () => {
    const { figures } = await simCell({ workload: scan(5), cpus: 1, strategy: 'reclaim-batch' })
    expect(figures).toMatchObject({ ipis: 0, pagesInvalidated: 3 * 5, fullFlushes: 0 })
  })

  test('outside of a batch it is linux', async () => {
    const cell = {
      workload: 'munmap-storm',
      parameters: { pages: 3, ops: 5, pauseNs: 0, readerPages: 2, readerWorkNs: 0 },
      cpus: 3,
    }
    const { figures } = await simCell({ ...cell, strategy: 'reclaim-batch' })
    expect(figures).toMatchObject({
      flushRounds: 5,
      ipis: 5 * 2,
      pagesInvalidated: 5 * 3 * 3,
      fullFlushes: 0,
    })
  })
})

describe('a batch', () => {
  /** CPU 0 reclaims; it and CPU 1 run space 1, CPU 2 space 2, CPU 3 space 3. */
  const begun = (given: Record<string, number> = {}) => {
    const hand = new HandCpus(reclaim, 4, given)
    hand.enter(1)
    for (const cpu of [2, 3]) {
      hand.strategy.switching!(hand.cpus[cpu], 1, cpu)
      hand.strategy.switched(hand.cpus[cpu], cpu)
      hand.cpus[cpu].take()
    }
    const range = (space: number, page: number, more: object = {}, operation: object = {}) => {
      const one = { space, level: LEVEL_RANGE, depth: 1, firstPage: page, pageCount: 1, ...operation }
      hand.strategy.began!(hand.cpus[0], { id: 1, kind: 0, wholeSpace: false, crowded: false, ...one })
      hand.change(0, { space, firstPage: page, obligations: UNMAPPED, ...more })
      hand.finish(0, one)
      return hand.cpus[0].take()
    }
    return { hand, range }
  }
  const end = { space: -1, level: LEVEL_BATCH, depth: 0 }

  test('over two spaces: one request, for the CPUs of both and no others; each flushes what it runs', () => {
    const { hand, range } = begun()
    expect(range(1, 5)).toEqual([])
    expect(range(2, 6)).toEqual([])
    hand.finish(0, end)
    expect(hand.cpus[0].take()).toEqual(['interrupt 1', 'interrupt 2', 'flush space 1'])
    expect(hand.interrupt(1)).toEqual(['flush space 1', 'acknowledge 0'])
    expect(hand.interrupt(2)).toEqual(['flush space 2', 'acknowledge 0'])
    expect(hand.interrupt(3)).toEqual([])
  })

  test('who left meanwhile has nothing to flush; who comes back, or enters, compares', () => {
    const { hand, range } = begun()
    range(1, 5)
    hand.strategy.switched(hand.cpus[1], 3)
    hand.cpus[1].take()
    hand.finish(0, end)
    expect(hand.interrupt(1)).toEqual(['acknowledge 0'])
    hand.strategy.switched(hand.cpus[1], 1)
    expect(hand.cpus[1].take()).toEqual(['load space 1 under tag 1, flushed'])
  })

  test('a lazy CPU is left out, and compares when it wakes', () => {
    const { hand, range } = begun()
    range(1, 5)
    hand.strategy.idled!(hand.cpus[1])
    hand.finish(0, end)
    expect(hand.cpus[0].take()).toEqual(['flush space 1', 'settle 1 of CPU 0'])
    hand.strategy.woke!(hand.cpus[1])
    expect(hand.cpus[1].take()).toEqual(['flush space 1'])
  })

  test('is flushed before a write-out if a dirty page waits in it, and only then', () => {
    const written = { kind: OPERATION_WRITE_OUT }
    const { range } = begun()
    range(2, 5)
    expect(range(2, 6, { obligations: 0 }, written)).toEqual([])
    range(2, 7, { oldFlags: DIRTY })
    expect(range(2, 8, { obligations: 0 }, written)).toEqual(['interrupt 2'])
    expect(begun().range(2, 5, { oldFlags: DIRTY, obligations: IO }, written)).toEqual(['interrupt 2'])
  })

  test('lets nothing wait for which walks count: that is a round of its own, after what waits', () => {
    const { hand, range } = begun()
    range(2, 5)
    expect(range(2, 6, { obligations: TABLE_REUSE })).toEqual(['interrupt 2'])
    expect(hand.interrupt(2)).toEqual(['flush space 2', 'acknowledge 0'])
    hand.strategy.resumed(hand.cpus[0], 0)
    expect(hand.cpus[0].take()).toEqual(['interrupt 2'])
    // The generation after the batch's: a range of its own.
    expect(hand.interrupt(2)).toEqual(['flush 1 pages from 6 of space 2', 'acknowledge 0'])
    hand.strategy.resumed(hand.cpus[0], 0)
    expect(hand.cpus[0].take()).toEqual(['settle 2 of CPU 0'])
  })

  test('is flushed when it is full', () => {
    const { range } = begun({ batchPages: 2 })
    expect(range(2, 5)).toEqual([])
    expect(range(2, 6)).toEqual(['interrupt 2'])
  })
})

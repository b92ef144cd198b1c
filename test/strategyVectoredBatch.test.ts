import { describe, expect, test } from 'vitest'
import { EXPOSE, FRAME_REUSE, SEEN, VA_REUSE } from '../dist/src/contract/obligation.js'
import { LEVEL_BATCH, LEVEL_RANGE } from '../dist/src/contract/operation.js'
import type { WorkloadModule } from '../dist/src/contract/workload.js'
import { HandCpus } from './support/handCpus.js'
import { loadStrategy, simCell } from './support/runCell.js'

const UNMAPPED = SEEN | FRAME_REUSE | VA_REUSE
const CEILING = 33

/** Three batches that take single pages away, `step` apart. */
function vector(count: number, step: number): WorkloadModule {
  return {
    summary: 'a vector of ranges',
    source: 'none',
    op: 'one batch',
    parameters: {},
    write: (plan) => {
      const tape = plan.tape(0)
      const shared = plan.handle()
      const pages = (count - 1) * step + 1
      tape.map(shared, pages, { writable: true })
      tape.body()
      tape.loop(3, () => {
        tape.write(shared, 0, pages)
        tape.op(() =>
          tape.batch(() => {
            for (let range = 0; range < count; range++) tape.adviseAway(shared, range * step, 1)
          }),
        )
      })
    },
  }
}

describe('counts', () => {
  test.each([1, 2, 4])('%i CPUs: one round for a vector, from its first page to its last', async (cpus) => {
    for (const [count, step] of [
      [1, 1],
      [4, 3],
      [9, 4],
      [9, 5],
    ]) {
      const span = (count - 1) * step + 1
      const cell = { workload: vector(count, step), cpus, readers: 0 }
      const { figures } = await simCell({ ...cell, strategy: 'vectored-batch' })
      expect({ count, step, ...figures }).toMatchObject({
        ops: 3,
        flushRounds: cpus === 1 ? 0 : 3,
        ipis: 3 * (cpus - 1),
        pagesInvalidated: span > CEILING ? 0 : 3 * span * cpus,
        fullFlushes: span > CEILING ? 3 * cpus : 0,
      })
      const linux = await simCell({ ...cell, strategy: 'linux' })
      expect(linux.figures).toMatchObject({
        ipis: 3 * count * (cpus - 1),
        pagesInvalidated: 3 * count * cpus,
      })
    }
  })

  test('a call by itself is one round', async () => {
    const cell = {
      workload: 'munmap-storm',
      parameters: { pages: 3, ops: 5, pauseNs: 0, readerPages: 2, readerWorkNs: 0 },
      cpus: 3,
    }
    const { figures } = await simCell({ ...cell, strategy: 'vectored-batch' })
    expect(figures).toMatchObject({ flushRounds: 5, ipis: 5 * 2, pagesInvalidated: 5 * 3 * 3 })
  })
})

describe('a batch over several spaces', () => {
  const range = async () => {
    const hand = new HandCpus(await loadStrategy('vectored-batch'), 2)
    hand.enter(1)
    const one = (space: number, page: number, obligations = UNMAPPED): string[] => {
      const operation = { space, level: LEVEL_RANGE, depth: 1, firstPage: page, pageCount: 1 }
      hand.strategy.began!(hand.cpus[0], { ...operation, id: 1, kind: 0, wholeSpace: false, crowded: false })
      hand.change(0, { space, firstPage: page, obligations })
      hand.finish(0, operation)
      hand.interrupt(1)
      return hand.cpus[0].take()
    }
    return { hand, one }
  }
  const end = { space: -1, level: LEVEL_BATCH, depth: 0 }

  test('flushes what it has of one before it goes on in another', async () => {
    const { hand, one } = await range()
    expect(one(1, 5)).toEqual([])
    expect(one(1, 7)).toEqual([])
    expect(one(2, 9)).toEqual(['interrupt 1', 'flush 3 pages from 5 of space 1'])
    hand.finish(0, end)
    // Nobody runs space 2 here: its generation is enough.
    expect(hand.cpus[0].take()).toEqual(['settle 3 of CPU 0'])
  })

  test('does not keep a range of the kernel until it ends', async () => {
    const { one } = await range()
    expect(one(0, 5, EXPOSE)).toEqual(['interrupt 1', 'flush 1 pages from 5 of space 0'])
  })

  test('crowded: the whole space, also where nothing was gathered', async () => {
    const { hand, one } = await range()
    hand.finish(0, { ...end, crowded: true })
    expect(hand.cpus[0].take()).toEqual(['interrupt 1', 'flush space 1'])
    one(2, 9)
    hand.finish(0, { ...end, crowded: true })
    expect(hand.cpus[0].take()).toEqual(['settle 1 of CPU 0'])
  })
})

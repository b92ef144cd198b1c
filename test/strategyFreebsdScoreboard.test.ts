import { describe, expect, test } from 'vitest'
import { EXPOSE, TABLE_REUSE } from '../dist/src/contract/obligation.js'
import { DONE, SETTLED, TICKET_SHIFT } from '../dist/src/contract/ticket.js'
import module from '../dist/src/strategies/freebsd-scoreboard.js'
import { BareStrategy } from './support/bareStrategy.js'
import { unmapCounts } from './support/unmapCounts.js'

describe('its closed forms', () => {
  test.each([1, 2, 3, 8])('%i CPUs', async (cpus) => {
    const holders = cpus - 1
    for (const pages of [1, 3, 40]) {
      expect(await unmapCounts('freebsd-scoreboard', pages, cpus)).toEqual({
        ipis: 4 * holders,
        flushRounds: holders > 0 ? 4 : 0,
        pagesInvalidated: 4 * pages * cpus,
        fullFlushes: 0,
      })
    }
  })

  test('two initiators: each as if it were alone', async () => {
    const counts = await unmapCounts('freebsd-scoreboard', 3, 4, { initiators: 2 })
    expect(counts).toEqual({ ipis: 8 * 3, flushRounds: 8, pagesInvalidated: 8 * 3 * 4, fullFlushes: 0 })
  })

  test('4096 pages are the whole space, 4095 are not', async () => {
    const [most, whole] = [
      await unmapCounts('freebsd-scoreboard', 4095, 2, { ops: 1 }),
      await unmapCounts('freebsd-scoreboard', 4096, 2, { ops: 1 }),
    ]
    expect(most).toMatchObject({ pagesInvalidated: 4095 * 2, fullFlushes: 0 })
    expect(whole).toMatchObject({ pagesInvalidated: 0, fullFlushes: 2 })
  })
})

/** The slot in the row of `target` for `initiator`. */
const slotOf = ({ words }: BareStrategy, target: number, initiator: number) =>
  words['row'].base + target * words['row'].stride + initiator

describe('the scoreboard', () => {
  test('two initiators are under way at once, and one interrupt serves both', () => {
    const bare = new BareStrategy(module, 3)
    const first = bare.unmap(0, [7])
    const second = bare.unmap(1, [9])
    // Both wait for a slot of their own, not for each other to be done.
    expect([first >> TICKET_SHIFT, second >> TICKET_SHIFT]).toEqual([slotOf(bare, 1, 0), slotOf(bare, 0, 1)])
    const { log } = bare.interrupt(2)
    expect(log).toEqual(['invalidate 1 7 1 1', 'invalidate 1 9 1 1'])
    bare.interrupt(0)
    bare.interrupt(1)
    expect([bare.resume(0, first), bare.resume(1, second)]).toEqual([SETTLED, SETTLED])
  })

  test('a round waits for one open slot after the other', () => {
    const bare = new BareStrategy(module, 4)
    let ticket = bare.unmap(0, [7])
    const awaited: number[] = []
    for (const target of [3, 1, 2]) {
      awaited.push(ticket >> TICKET_SHIFT)
      bare.interrupt(target)
      ticket = bare.resume(0, ticket)
    }
    expect(awaited).toEqual([slotOf(bare, 1, 0), slotOf(bare, 1, 0), slotOf(bare, 2, 0)])
    expect(ticket).toBe(SETTLED)
  })

  test('an interrupt for nothing answers nobody', () => {
    const bare = new BareStrategy(module, 3)
    expect(bare.interrupt(2)).toEqual({ log: [], result: DONE })
  })
})

describe('the answer comes', () => {
  const orderOf = (given: Parameters<BareStrategy['unmap']>[2]) => {
    const bare = new BareStrategy(module, 2)
    bare.unmap(0, [7], given)
    bare.watch(1, { [slotOf(bare, 1, 0)]: 'slot' })
    return bare.interrupt(1).log
  }

  test('before the flush where only use counts', () => {
    expect(orderOf({})).toEqual(['slot = 0', 'invalidate 1 7 1 1'])
  })

  test.each([
    ['tables are freed', { tablesFreed: true }],
    ['a table gets another use', { obligations: TABLE_REUSE }],
    ['a page is exposed', { obligations: EXPOSE }],
  ])('after it where %s', (_when, given) => {
    expect(orderOf(given)).toEqual(['invalidate 1 7 1 1', 'slot = 0'])
  })

  test('after it for kernel mappings', () => {
    expect(orderOf({ space: 0 })).toEqual(['invalidate 0 7 1 1', 'slot = 0'])
  })

  test('before it again in the next operation', () => {
    const bare = new BareStrategy(module, 2)
    const ticket = bare.unmap(0, [7], { tablesFreed: true })
    bare.interrupt(1)
    expect(bare.resume(0, ticket)).toBe(SETTLED)
    bare.unmap(0, [8])
    bare.watch(1, { [slotOf(bare, 1, 0)]: 'slot' })
    expect(bare.interrupt(1).log).toEqual(['slot = 0', 'invalidate 1 8 1 1'])
  })
})

import { describe, expect, test } from 'vitest'
import { TABLE_REUSE } from '../dist/src/contract/obligation.js'
import { AGAIN, DONE, SETTLED, TICKET_SHIFT } from '../dist/src/contract/ticket.js'
import module from '../dist/src/strategies/asterinas-ops.js'
import { BareStrategy } from './support/bareStrategy.js'
import { unmapCounts } from './support/unmapCounts.js'

describe('its closed forms', () => {
  test.each([1, 2, 3, 8])('%i CPUs', async (cpus) => {
    const asked = { ipis: 4 * (cpus - 1), flushRounds: cpus > 1 ? 4 : 0 }
    for (const pages of [1, 3, 31]) {
      expect(await unmapCounts('asterinas-ops', pages, cpus)).toEqual({
        ...asked,
        pagesInvalidated: 4 * pages * cpus,
        fullFlushes: 0,
      })
    }
    expect(await unmapCounts('asterinas-ops', 32, cpus)).toEqual({
      ...asked,
      pagesInvalidated: 0,
      fullFlushes: 4 * cpus,
    })
    expect(await unmapCounts('asterinas-ops', 3, cpus, { strategyParameters: { threshold: 1 } })).toEqual({
      ...asked,
      pagesInvalidated: 0,
      fullFlushes: 4 * cpus,
    })
  })
})

const range = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i)
const invalidations = (pages: number[], space = 1) => pages.map((page) => `invalidate ${space} ${page} 1 1`)

/** A target's queue: the lock is its first word. The answers are words of their own. */
const lockOf = ({ words }: BareStrategy, cpu: number) => words['row'].base + cpu * words['row'].stride
const answerOf = ({ words }: BareStrategy, cpu: number) =>
  words['request'].base + cpu * words['request'].stride

describe('what several initiators put into one queue', () => {
  /** CPU 0 and CPU 1, both before CPU 2 serves. */
  const served = (first: number[], second: number[]) => {
    const bare = new BareStrategy(module, 3)
    bare.unmap(0, first)
    bare.unmap(1, second)
    return bare.interrupt(2).log
  }

  test('is flushed item by item below the threshold', () => {
    expect(served([5, 90, 7], [6])).toEqual(invalidations([5, 90, 7, 6]))
    expect(served(range(100, 15), range(200, 16))).toHaveLength(31)
  })

  test('adds up to one full flush at the threshold', () => {
    expect(served(range(100, 16), range(200, 16))).toEqual(['invalidateSpace 1'])
    expect(served(range(100, 32), [5])).toEqual(['invalidateSpace 1'])
    expect(served([5], range(100, 32))).toEqual(['invalidateSpace 1'])
  })

  test('is everything of all spaces when there are several spaces and too much', () => {
    const bare = new BareStrategy(module, 3)
    bare.unmap(0, range(100, 20))
    bare.enter(2, 2, 1)
    bare.enter(1, 2, 1)
    bare.unmap(1, range(100, 20), { space: 2 })
    expect(bare.interrupt(2).log).toEqual(['invalidateSpace 0'])
  })

  test('keeps the space of each item', () => {
    const bare = new BareStrategy(module, 3)
    bare.unmap(0, [5])
    bare.enter(2, 2, 1)
    bare.enter(1, 2, 1)
    bare.unmap(1, [6], { space: 2 })
    expect(bare.interrupt(2).log).toEqual([...invalidations([5]), ...invalidations([6], 2)])
  })

  test('is gone when it is served', () => {
    const bare = new BareStrategy(module, 2)
    for (const pages of [range(100, 40), [3], [4, 5]]) {
      const ticket = bare.unmap(0, pages)
      expect(bare.interrupt(1).log).toEqual(
        pages.length === 40 ? ['invalidateSpace 1'] : invalidations(pages),
      )
      expect(bare.interrupt(1).log).toEqual([])
      expect(bare.resume(0, ticket)).toBe(SETTLED)
    }
  })
})

describe('the answer', () => {
  test('is for the lists that were taken, and for none that came after', () => {
    const bare = new BareStrategy(module, 3)
    const first = bare.unmap(0, [5])
    bare.interrupt(2)
    const second = bare.unmap(1, [6])
    bare.interrupt(0)
    bare.interrupt(1)
    expect(bare.resume(0, first)).toBe(SETTLED)
    // CPU 2 has answered 1 of 2.
    expect(bare.resume(1, second) >> TICKET_SHIFT).toBe(answerOf(bare, 2))
    bare.interrupt(2)
    expect(bare.resume(1, second)).toBe(SETTLED)
  })

  const orderOf = (...given: NonNullable<Parameters<BareStrategy['unmap']>[2]>[]) => {
    const bare = new BareStrategy(module, 3)
    for (const [cpu, each] of given.entries()) bare.unmap(cpu, [7 + cpu], each)
    bare.watch(2, { [answerOf(bare, 2)]: 'answered' })
    return bare.interrupt(2).log
  }

  test('comes before the flush where only use counts', () => {
    expect(orderOf({})).toEqual(['answered = 1', ...invalidations([7])])
  })

  test('comes after it where one of the items is owed to walks', () => {
    expect(orderOf({ tablesFreed: true })).toEqual([...invalidations([7]), 'answered = 1'])
    expect(orderOf({ obligations: TABLE_REUSE }, {})).toEqual([...invalidations([7, 8]), 'answered = 2'])
    expect(orderOf({}, { space: 0 })).toEqual([
      ...invalidations([7]),
      ...invalidations([8], 0),
      'answered = 2',
    ])
  })
})

test('a queue that somebody is at makes senders and its own CPU come back', () => {
  const bare = new BareStrategy(module, 3)
  const { words } = bare.ports[0]
  words[lockOf(bare, 2)] = 1
  const again = bare.unmap(0, [5])
  expect(again).toBe(AGAIN)
  // Nobody is interrupted before everybody has the list.
  expect(bare.ports[0].log.filter((line) => line.startsWith('interrupt'))).toEqual([])
  expect(bare.interrupt(2)).toEqual({ log: [], result: AGAIN })
  words[lockOf(bare, 2)] = 0
  const ticket = bare.resume(0, again)
  expect(bare.ports[0].log.filter((line) => line.startsWith('interrupt'))).toEqual(['interrupt 1 2'])
  for (const cpu of [1, 2]) expect(bare.interrupt(cpu)).toEqual({ log: invalidations([5]), result: DONE })
  expect(bare.resume(0, ticket)).toBe(SETTLED)
})

import { describe, expect, test } from 'vitest'
import { AGAIN, DONE, SETTLED } from '../dist/src/contract/ticket.js'
import module from '../dist/src/strategies/opensbi-fifo.js'
import { BareStrategy } from './support/bareStrategy.js'
import { unmapCounts } from './support/unmapCounts.js'

describe('its closed forms', () => {
  test.each([1, 2, 3, 8])('%i CPUs', async (cpus) => {
    const asked = { ipis: 4 * (cpus - 1), flushRounds: 4 * (cpus - 1) }
    expect(await unmapCounts('opensbi-fifo', 1, cpus)).toEqual({
      ...asked,
      pagesInvalidated: 4 * cpus,
      fullFlushes: 0,
    })
    for (const pages of [2, 40]) {
      expect(await unmapCounts('opensbi-fifo', pages, cpus)).toEqual({
        ...asked,
        pagesInvalidated: 0,
        fullFlushes: 4 * cpus,
      })
    }
    expect(await unmapCounts('opensbi-fifo', 3, cpus, { strategyParameters: { ceiling: 3 } })).toEqual({
      ...asked,
      pagesInvalidated: 4 * 3 * cpus,
      fullFlushes: 0,
    })
  })
})

const WIDE = { ceiling: 40 }
const range = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i)

describe('requests that wait in a queue', () => {
  /** CPU 0 and then CPU 1 ask CPU 2, which serves both in one interrupt. */
  const flushesFor = (first: number[], second: number[], given: Record<string, number> = WIDE) => {
    const bare = new BareStrategy(module, 3, given)
    const tickets = [bare.unmap(0, first), bare.unmap(1, second)]
    const { log, result } = bare.interrupt(2)
    expect(result).toBe(DONE)
    bare.interrupt(0)
    bare.interrupt(1)
    expect([bare.resume(0, tickets[0]), bare.resume(1, tickets[1])]).toEqual([SETTLED, SETTLED])
    return log
  }

  test('one that is contained is dropped, and its sender is answered all the same', () => {
    expect(flushesFor(range(10, 8), range(12, 3))).toEqual(['invalidate 1 10 8 1'])
    expect(flushesFor([10], [10])).toEqual(['invalidate 1 10 1 1'])
  })

  test('one that contains another widens it', () => {
    expect(flushesFor(range(12, 3), range(10, 8))).toEqual(['invalidate 1 10 8 1'])
  })

  test('two whole spaces are one', () => {
    expect(flushesFor([1, 3], [20, 22], {})).toEqual(['invalidateSpace 1'])
    expect(flushesFor([1], [20, 22], {})).toEqual(['invalidateSpace 1'])
  })

  test('those that only touch or overlap stay apart', () => {
    expect(flushesFor(range(10, 4), range(12, 4))).toEqual(['invalidate 1 10 4 1', 'invalidate 1 12 4 1'])
    expect(flushesFor(range(10, 2), range(12, 2))).toEqual(['invalidate 1 10 2 1', 'invalidate 1 12 2 1'])
  })

  test('those of two spaces stay apart', () => {
    const bare = new BareStrategy(module, 3, WIDE)
    bare.unmap(0, [10])
    bare.enter(2, 2, 1)
    bare.enter(1, 2, 1)
    bare.unmap(1, [10], { space: 2 })
    expect(bare.interrupt(2).log).toEqual(['invalidate 1 10 1 1', 'invalidate 2 10 1 1'])
  })
})

describe('a full queue', () => {
  test('makes the sender come back, and take interrupts meanwhile', () => {
    const bare = new BareStrategy(module, 3, { slots: 1 })
    bare.unmap(0, [10])
    // CPU 2 has the request of CPU 0: that of CPU 1 has no room. CPU 1 flushes at home, and drains its own queue.
    expect(bare.unmap(1, [20])).toBe(AGAIN)
    expect(bare.ports[1].log).toContain('invalidate 1 20 1 1')
    expect(bare.interrupt(1).log).toEqual(['invalidate 1 10 1 1'])
    expect(bare.resume(1, AGAIN)).toBe(AGAIN)
    expect(bare.interrupt(2).log).toEqual(['invalidate 1 10 1 1'])
    const ticket = bare.resume(1, AGAIN)
    expect(bare.interrupt(2).log).toEqual(['invalidate 1 20 1 1'])
    bare.interrupt(0)
    expect(bare.resume(1, ticket)).toBe(SETTLED)
  })

  test.each([1, 2, 3])('of %i slots goes round', (slots) => {
    const bare = new BareStrategy(module, 2, { slots })
    for (let page = 0; page < 4 * slots + 1; page++) {
      const ticket = bare.unmap(0, [page])
      expect(bare.interrupt(1).log).toEqual([`invalidate 1 ${page} 1 1`])
      expect(bare.resume(0, ticket)).toBe(SETTLED)
    }
  })

  test('of 3 slots takes 3 requests and no fourth, wherever its head stands', () => {
    const bare = new BareStrategy(module, 5, { slots: 3 })
    for (let turn = 0; turn < 7; turn++) {
      const first = [0, 1, 2].map((cpu) => bare.unmap(cpu, [10 * (turn + 1) + cpu]))
      expect(first.map((ticket) => ticket === AGAIN)).toEqual([false, false, false])
      const late = bare.unmap(3, [1000 + turn])
      expect(late).toBe(AGAIN)
      const { log } = bare.interrupt(4)
      expect(log).toHaveLength(3)
      // The queues of the others had two or three requests: all are served.
      for (const cpu of [0, 1, 2, 3]) bare.interrupt(cpu)
      const ticket = bare.resume(3, late)
      for (const cpu of [0, 1, 2, 4]) bare.interrupt(cpu)
      expect([0, 1, 2].map((cpu) => bare.resume(cpu, first[cpu]))).toEqual([SETTLED, SETTLED, SETTLED])
      expect(bare.resume(3, ticket)).toBe(SETTLED)
    }
  })
})

test('a queue that somebody is at makes senders and its own CPU come back', () => {
  const bare = new BareStrategy(module, 2)
  const ticket = bare.unmap(0, [10])
  const lock = bare.words['row'].base + bare.words['row'].stride
  bare.ports[0].words[lock] = 1
  expect(bare.interrupt(1)).toEqual({ log: [], result: AGAIN })
  bare.ports[0].words[lock] = 0
  expect(bare.interrupt(1)).toEqual({ log: ['invalidate 1 10 1 1'], result: DONE })
  expect(bare.resume(0, ticket)).toBe(SETTLED)
  bare.ports[0].words[lock] = 1
  expect(bare.unmap(0, [11])).toBe(AGAIN)
})

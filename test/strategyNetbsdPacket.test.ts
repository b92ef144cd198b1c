import { describe, expect, test } from 'vitest'
import { AGAIN, DONE, SETTLED } from '../dist/src/contract/ticket.js'
import module from '../dist/src/strategies/netbsd-packet.js'
import { BareStrategy } from './support/bareStrategy.js'
import { unmapCounts } from './support/unmapCounts.js'

describe('its closed forms', () => {
  test.each([1, 2, 3, 8])('%i CPUs', async (cpus) => {
    const asked = { ipis: 4 * (cpus - 1), flushRounds: cpus > 1 ? 4 : 0 }
    for (const pages of [1, 6]) {
      expect(await unmapCounts('netbsd-packet', pages, cpus)).toEqual({
        ...asked,
        pagesInvalidated: 4 * pages * cpus,
        fullFlushes: 0,
      })
    }
    expect(await unmapCounts('netbsd-packet', 7, cpus)).toEqual({
      ...asked,
      pagesInvalidated: 0,
      fullFlushes: 4 * cpus,
    })
    expect(await unmapCounts('netbsd-packet', 7, cpus, { strategyParameters: { addresses: 16 } })).toEqual({
      ...asked,
      pagesInvalidated: 4 * 7 * cpus,
      fullFlushes: 0,
    })
  })

  test('two initiators: each as if it were alone', async () => {
    const counts = await unmapCounts('netbsd-packet', 3, 4, { initiators: 2 })
    expect(counts).toEqual({ ipis: 8 * 3, flushRounds: 8, pagesInvalidated: 8 * 3 * 4, fullFlushes: 0 })
  })
})

const mailboxOf = ({ words }: BareStrategy) => ({
  claim: words['row'].base,
  generation: words['row'].base + 1,
})

describe('the mailbox', () => {
  test('is for one round at a time: the next initiator comes back until the last CPU has answered', () => {
    const bare = new BareStrategy(module, 3)
    const first = bare.unmap(0, [5])
    expect(bare.unmap(1, [6])).toBe(AGAIN)
    expect(bare.interrupt(2).log).toEqual(['invalidate 1 5 1 1'])
    expect(bare.resume(1, AGAIN)).toBe(AGAIN)
    // CPU 1 answers in the interrupt that it takes while it waits: it is the last one.
    expect(bare.interrupt(1).log).toEqual(['invalidate 1 5 1 1'])
    const second = bare.resume(1, AGAIN)
    expect(second).not.toBe(AGAIN)
    expect(bare.resume(0, first)).toBe(SETTLED)
    for (const cpu of [0, 2]) expect(bare.interrupt(cpu).log).toEqual(['invalidate 1 6 1 1'])
    expect(bare.resume(1, second)).toBe(SETTLED)
  })

  test('is freed after the generation has moved on', () => {
    const bare = new BareStrategy(module, 2)
    const { claim, generation } = mailboxOf(bare)
    bare.watch(1, { [claim]: 'claim', [generation]: 'generation' })
    for (const round of [1, 2]) {
      const ticket = bare.unmap(0, [5])
      expect(bare.interrupt(1).log.slice(1)).toEqual([`generation = ${round}`, 'claim = 0'])
      expect(bare.resume(0, ticket)).toBe(SETTLED)
    }
  })

  test('is left alone where nobody else has the space', () => {
    const bare = new BareStrategy(module, 2)
    bare.enter(1, 2, 1)
    bare.ports[0].words[mailboxOf(bare).claim] = 2
    expect(bare.unmap(0, [5])).toBe(SETTLED)
    expect(bare.ports[0].log).toContain('invalidate 1 5 1 1')
  })

  test('means nothing to whom it is not addressed, or who has answered', () => {
    const bare = new BareStrategy(module, 3)
    bare.enter(2, 2, 1)
    bare.unmap(0, [5])
    expect(bare.interrupt(2)).toEqual({ log: [], result: DONE })
    // Nobody was counted down: the mailbox is still taken.
    expect(bare.ports[0].words[mailboxOf(bare).claim]).toBe(1)
    expect(bare.interrupt(1).log).toEqual(['invalidate 1 5 1 1'])
    expect(bare.interrupt(1).log).toEqual([])
  })

  test('has a packet of single addresses, wherever they lie', () => {
    const bare = new BareStrategy(module, 2)
    const pages = [900, 4, 77, 5000, 3, 12]
    bare.unmap(0, pages)
    expect(bare.interrupt(1).log).toEqual(pages.map((page) => `invalidate 1 ${page} 1 1`))
  })

  test('reaches everybody who held a space when the packet got an address of it', () => {
    const bare = new BareStrategy(module, 4)
    bare.enter(2, 2, 1)
    const { strategy, ports } = bare
    const at = {
      operation: 0,
      pageCount: 1,
      entry: 0,
      levels: 1,
      kind: 0,
      scope: 1,
      oldFlags: 1,
      newFlags: 0,
      expiry: 0,
    } as const
    const change = { ...at, serial: 0, space: 2, firstPage: 8, tablesFreed: false, obligations: 1, tag: 0 }
    strategy.changed(ports[3], change)
    // CPU 2 leaves: it is asked all the same, and so is who holds the space of the next address.
    bare.enter(2, 3, 2)
    bare.unmap(3, [9])
    expect(ports[3].log.filter((line) => line.startsWith('interrupt'))).toEqual(['interrupt 0 1 2'])
    expect(bare.interrupt(0).log).toEqual(['invalidate 2 8 1 1', 'invalidate 1 9 1 1'])
  })
})

import { describe, expect, test } from 'vitest'
import { FRAME_REUSE, SEEN, VA_REUSE } from '../dist/src/contract/obligation.js'
import { WORDS_PER_LINE } from '../dist/src/contract/strategy.js'
import { DONE } from '../dist/src/contract/ticket.js'
import { HandCpus } from './support/handCpus.js'
import { loadStrategy, simCell } from './support/runCell.js'

const barrelfish = await loadStrategy('barrelfish')

/** CPU 0 has asked all others; `asked` and `replied` say to whom a message has come, and who has replied. */
function begun(cpus: number, fanout: number) {
  const hand = new HandCpus(barrelfish, cpus, { fanout })
  hand.enter(1)
  hand.change(0, { space: 1, firstPage: 7, obligations: SEEN | FRAME_REUSE | VA_REUSE })
  const ticket = hand.finish(0, { space: 1 })
  const { base, stride } = hand.placed['row']
  const on = (line: number) =>
    hand.cpus.flatMap(({ id }) => (hand.words[base + id * cpus * stride + line] === 0 ? [] : [id]))
  const look = (cpu: number) => {
    hand.strategy.polled!(hand.cpus[cpu])
    return hand.cpus[cpu].take()
  }
  return { hand, ticket, look, asked: () => on(0), replied: () => on(WORDS_PER_LINE) }
}

describe('messages', () => {
  test.each([
    [1, 6, [1]],
    [2, 2, [1, 4]],
    [3, 2, [1, 3, 5]],
    [6, 1, [1, 2, 3, 4, 5, 6]],
    [64, 1, [1, 2, 3, 4, 5, 6]],
  ])('fanout %i to 6 targets: %i levels, one down and one up for each', (fanout, levels, first) => {
    const { look, asked, replied } = begun(7, fanout)
    expect(asked()).toEqual(first)
    let rounds = 0
    // From the last one on: a message gets one level further in each round.
    while (asked().length > replied().length || asked().length < 6) {
      rounds++
      for (let cpu = 6; cpu > 0; cpu--) look(cpu)
    }
    expect(rounds).toBe(levels)
    expect(replied()).toEqual([1, 2, 3, 4, 5, 6])
  })

  test('a CPU flushes at once and replies when those below it have', () => {
    const { hand, ticket, look, asked, replied } = begun(3, 1)
    expect(ticket).not.toBe(DONE)
    expect(look(1)).toEqual(['flush 1 pages from 7 of space 1'])
    expect([asked(), replied()]).toEqual([[1, 2], []])
    expect(look(1)).toEqual([])
    expect(look(2)).toEqual(['flush 1 pages from 7 of space 1'])
    expect(replied()).toEqual([2])
    expect(look(1)).toEqual([])
    expect(replied()).toEqual([1, 2])
    hand.cpus[0].take()
    hand.strategy.resumed(hand.cpus[0], ticket)
    expect(hand.cpus[0].take()).toEqual(['settle 1 of CPU 0'])
  })
})

test.each([1, 2, 8])('%i CPUs: no interrupt, whatever the tree', async (cpus) => {
  const cell = { workload: 'mprotect-storm', parameters: { pages: 16, range: 3, pairs: 6 }, cpus }
  for (const fanout of [1, 3, 8]) {
    const { figures } = await simCell({ ...cell, strategy: 'barrelfish', strategyParameters: { fanout } })
    expect(figures).toMatchObject({ ipis: 0, flushRounds: 0, pagesInvalidated: 6 * 3 * cpus, fullFlushes: 0 })
  }
  const batched = await simCell({ ...cell, strategy: 'batched' })
  expect(batched.figures.ipis).toBe(6 * (cpus - 1))
})

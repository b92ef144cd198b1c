import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { reachedSerial } from '../dist/src/contract/change.js'
import {
  BINDING,
  type Contract,
  CONTRACTS,
  dueAtReturn,
  OBLIGATION_NAMES,
  waivedBy,
} from '../dist/src/contract/obligation.js'
import {
  AGAIN,
  DONE,
  REFUSED,
  SETTLED,
  TICKET_AT,
  TICKET_KIND,
  TICKET_REACHED,
  TICKET_SHIFT,
  TICKET_ZERO,
  waits,
} from '../dist/src/contract/ticket.js'

describe('reachedSerial', () => {
  test('is the order of a counter that wraps, for distances under 2^31', () => {
    const serial = fc.bigInt({ min: -(2n ** 40n), max: 2n ** 40n })
    const distance = fc.bigInt({ min: -(2n ** 31n) + 1n, max: 2n ** 31n - 1n })
    fc.assert(
      fc.property(serial, distance, (start, ahead) => {
        // Unbounded counters have a plain order; what the words hold is their lowest 32 bits.
        const word = (counter: bigint) => Number(BigInt.asIntN(32, counter))
        expect(reachedSerial(word(start + ahead), word(start))).toBe(ahead >= 0n)
      }),
    )
  })

  test.each([
    [0, 0, true],
    [1, 0, true],
    [0, 1, false],
    [-0x80000000, 0x7fffffff, true],
    [0x7fffffff, -0x80000000, false],
    [0, -1, true],
    [-1, 0, false],
  ])('(%i, %i) is %s', (a, b, expected) => {
    expect(reachedSerial(a, b)).toBe(expected)
  })
})

// The table of design section 2, row by row: what the kernel side demands at return, and what nobody demands at all.
const SEEN = 1
const REVOKE = 2
const ALL_BUT_RELAXED = ~(1 << 9)
const TABLE: Record<Contract, { atReturn: number; waived: number }> = {
  return: { atReturn: SEEN | REVOKE, waived: 0 },
  bounded: { atReturn: REVOKE, waived: 0 },
  reuse: { atReturn: REVOKE, waived: SEEN },
  none: { atReturn: 0, waived: ALL_BUT_RELAXED },
}

describe('a contract', () => {
  test('the names of the obligations stand in the order of their bits', () => {
    expect(OBLIGATION_NAMES[Math.log2(SEEN)]).toBe('seen')
    expect(OBLIGATION_NAMES[Math.log2(REVOKE)]).toBe('revoke')
    expect(OBLIGATION_NAMES[9]).toBe('relaxed')
    expect(BINDING).toBe(ALL_BUT_RELAXED)
    expect([...CONTRACTS].sort()).toEqual(Object.keys(TABLE).sort())
  })

  test.each(Object.entries(TABLE))('%s', (name, { atReturn, waived }) => {
    expect(dueAtReturn(name as Contract)).toBe(atReturn)
    expect(waivedBy(name as Contract)).toBe(waived)
  })

  test('never asks for what it waives', () => {
    for (const contract of CONTRACTS) expect(dueAtReturn(contract) & waivedBy(contract)).toBe(0)
  })
})

describe('a ticket', () => {
  test('ends a hook or waits', () => {
    for (const ticket of [DONE, SETTLED, AGAIN, REFUSED]) expect(waits(ticket)).toBe(false)
    expect(new Set([DONE, SETTLED, AGAIN, REFUSED, TICKET_ZERO, TICKET_REACHED, TICKET_AT]).size).toBe(7)
  })

  test('that waits keeps kind and word apart', () => {
    const word = fc.integer({ min: 0, max: 2 ** 28 - 1 })
    fc.assert(
      fc.property(word, fc.constantFrom(TICKET_ZERO, TICKET_REACHED, TICKET_AT), (at, kind) => {
        const ticket = (at << TICKET_SHIFT) | kind
        expect(waits(ticket)).toBe(true)
        expect(ticket & TICKET_KIND).toBe(kind)
        expect(ticket >>> TICKET_SHIFT).toBe(at)
      }),
    )
  })
})

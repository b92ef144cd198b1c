import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RULES, ruleFor, tableRuleFor, takes } from '../dist/src/pagetable/rules.js'

// By the contract: operations, kinds, scopes, obligations and flags as numbers, so that a renumbering is seen too.
const OPERATION = { unmap: 0, protect: 1, adviseAway: 2, zapDirect: 3, writeOut: 5 }
const KIND = { user: 0, directMap: 1, guest: 2, vmalloc: 3 }
const SPACE = 1
const ALL = 2
const SEEN = 1
const REVOKE = 2
const IO = 16
const EXPOSE = 32
const FRAME_REUSE = 64
const VA_REUSE = 128
const RELAXED = 512
const TABLE_REUSE = 256
const GONE = SEEN | FRAME_REUSE | VA_REUSE

/**
 * The rules of design section 2 and of the notes on the direct map, for every operation that the
 * kernel side issues: unmap, advise and zap always take; a protection may go both ways.
 */
const TABLE: [
  operation: keyof typeof OPERATION,
  kind: keyof typeof KIND,
  isTaking: boolean,
  owes: number,
  scope: number,
][] = [
  ['unmap', 'user', true, GONE, SPACE],
  ['unmap', 'guest', true, GONE, SPACE],
  ['unmap', 'vmalloc', true, VA_REUSE, ALL],
  ['adviseAway', 'user', true, GONE, SPACE],
  ['adviseAway', 'guest', true, GONE, SPACE],
  ['protect', 'user', true, REVOKE, SPACE],
  ['protect', 'user', false, RELAXED, SPACE],
  ['protect', 'guest', true, REVOKE, SPACE],
  ['protect', 'guest', false, RELAXED, SPACE],
  ['writeOut', 'user', true, IO, SPACE],
  ['writeOut', 'user', false, RELAXED, SPACE],
  ['writeOut', 'guest', true, IO, SPACE],
  ['writeOut', 'guest', false, RELAXED, SPACE],
  ['zapDirect', 'directMap', true, EXPOSE, ALL],
]

describe('the rules', () => {
  test.each(TABLE)('%s of %s memory (takes: %s) owes %i', (operation, kind, isTaking, owes, scope) => {
    const rule = ruleFor(OPERATION[operation], KIND[kind], isTaking)
    expect(rule.obligations).toBe(owes)
    expect(rule.scope).toBe(scope)
    expect(rule.source).not.toBe('')
  })

  test('are these and no others, each one once', () => {
    const keys = RULES.filter((rule) => rule.freesTable !== true).map((rule) =>
      [rule.operation, rule.kind, rule.takes].join(),
    )
    const expected = TABLE.map(([operation, kind, isTaking]) =>
      [OPERATION[operation], KIND[kind], isTaking].join(),
    )
    expect([...keys].sort()).toEqual([...expected].sort())
  })

  test.each(['user', 'guest'] as const)('of a leaf table of %s memory: its reuse', (kind) => {
    const rule = tableRuleFor(OPERATION.unmap, KIND[kind])
    expect([rule.obligations, rule.scope]).toEqual([TABLE_REUSE, SPACE])
    expect(() => tableRuleFor(OPERATION.protect, KIND[kind])).toThrow('no rule')
  })

  test('never let an edit pass that has none', () => {
    for (let operation = 0; operation <= 5; operation++) {
      for (const kind of Object.values(KIND)) {
        for (const isTaking of [true, false]) {
          const has = TABLE.some(
            ([name, ofKind, both]) =>
              OPERATION[name] === operation && KIND[ofKind] === kind && both === isTaking,
          )
          if (has) continue
          expect(() => ruleFor(operation, kind, isTaking)).toThrow('no rule for ')
        }
      }
    }
  })
})

describe('takes', () => {
  // Present, writable, user and executable can be taken away; accessed, dirty, global and the size are no permissions.
  const taking = [1, 2, 4, 32]
  const free = [8, 16, 64, 128]

  test('is true for what can be taken away, flag by flag', () => {
    for (const flag of taking) {
      expect(takes(255, 255 & ~flag)).toBe(true)
      expect(takes(255 & ~flag, 255)).toBe(false)
    }
    for (const flag of free) {
      expect(takes(255, 255 & ~flag)).toBe(false)
      expect(takes(255 & ~flag, 255)).toBe(false)
    }
  })

  test('is true exactly if one of them was there and is not any more', () => {
    const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
    const has = (flags: number, flag: number) => (flags & flag) !== 0
    fc.assert(
      fc.property(word, word, (before, after) => {
        expect(takes(before, after)).toBe(taking.some((flag) => has(before, flag) && !has(after, flag)))
      }),
    )
  })
})

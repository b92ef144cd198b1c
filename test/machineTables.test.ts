import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TableExhausted, Tables, TABLE_WORDS } from '../dist/src/machine/tables.js'
import { PlainMemory } from './support/bareKernel.js'

const PRESENT = 1
const LARGE = 128
const NEXT_TABLE = 1
const TABLES_AT = 16

function machine(tableCount: number) {
  const memory = new PlainMemory(new Int32Array(TABLES_AT + tableCount * TABLE_WORDS))
  const tables = new Tables(memory, TABLES_AT, tableCount, NEXT_TABLE)
  return { memory, tables, root: tables.allocate(), used: () => memory.words[NEXT_TABLE] }
}

/** Pages in few tables and in many. */
const page = fc
  .tuple(fc.integer({ min: 0, max: 7 }), fc.constantFrom(0, 512, 1024, 512 ** 2, 512 ** 3, 3 * 512 ** 3))
  .map(([low, high]) => low + high)

describe('the page tables', () => {
  test('have a word of its own for every page, and a table for every prefix', () => {
    fc.assert(
      fc.property(fc.uniqueArray(page, { maxLength: 12 }), (pages) => {
        const { tables, root, used } = machine(40)
        const wordOf = new Map<number, number>()
        for (const each of pages) wordOf.set(each, tables.growTo(root, each, 1))
        expect(new Set(wordOf.values()).size).toBe(pages.length)
        for (const [each, word] of wordOf) expect(tables.leafWord(root, each)).toBe(word)
        // Neighbours in a leaf table are neighbouring words.
        for (const each of pages) {
          if (wordOf.has(each + 1) && (each + 1) % 512 !== 0)
            expect(wordOf.get(each + 1)).toBe(wordOf.get(each)! + 1)
        }
        const prefixes = [1, 2, 3].map(
          (level) => new Set(pages.map((each) => Math.floor(each / 512 ** level))).size,
        )
        expect(used()).toBe(1 + prefixes.reduce((sum, count) => sum + count, 0))
      }),
      { numRuns: 30 },
    )
  })

  test('say 0 where a level is missing', () => {
    const { tables, root } = machine(8)
    tables.growTo(root, 5, 1)
    for (const missing of [5 + 512, 5 + 512 ** 2, 5 + 512 ** 3])
      expect(tables.leafWord(root, missing)).toBe(0)
  })

  test('find a 2 MiB leaf from any of its pages', () => {
    const { tables, memory, root, used } = machine(8)
    const word = tables.growTo(root, 1024, 2)
    memory.words[word] = (512 << 12) | PRESENT | LARGE
    // Root, third and second level; the leaf needs no table below it.
    expect(used()).toBe(3)
    for (const each of [1024, 1025, 1535]) expect(tables.leafWord(root, each)).toBe(word)
    expect(tables.leafWord(root, 1536)).toBe(0)
  })

  test('say so when they are used up', () => {
    const { tables, root } = machine(4)
    tables.growTo(root, 5, 1)
    expect(() => tables.growTo(root, 5 + 512, 1)).toThrow(TableExhausted)
    expect(() => tables.growTo(root, 5 + 512, 1)).toThrow('all 4 page-table pages')
    // Where the tables exist already, none is needed.
    expect(tables.growTo(root, 6, 1)).toBe(tables.leafWord(root, 5) + 1)
  })

  test('agree when two CPUs add the same levels', () => {
    const { tables, memory, root, used } = machine(12)
    let hasRaced = false
    let other = 0
    memory.beforeCompareExchange = () => {
      if (hasRaced) return
      hasRaced = true
      other = tables.growTo(root, 5, 1)
    }
    expect(tables.growTo(root, 5, 1)).toBe(other)
    expect(tables.leafWord(root, 5)).toBe(other)
    // Root, three levels, and the one that the loser had allocated.
    expect(used()).toBe(5)
  })
})

import { describe, expect, test } from 'vitest'
import { StructureCache } from '../dist/src/machine/structureCache.js'
import { Tables, TABLE_WORDS } from '../dist/src/machine/tables.js'
import { Walker } from '../dist/src/machine/walker.js'
import { CountingMeter, PlainMemory } from './support/bareKernel.js'

const PRESENT = 1
const WRITABLE = 2
const USER = 4
const ACCESSED = 8
const DIRTY = 16
const LARGE = 128
const EPOCH = 3
const NEXT_TABLE = 1
const TABLES_AT = 16
const entryOf = (frame: number) => (frame << 12) | PRESENT

function machine(tableCount = 12) {
  const memory = new PlainMemory(new Int32Array(TABLES_AT + tableCount * TABLE_WORDS))
  const tables = new Tables(memory, TABLES_AT, tableCount, NEXT_TABLE)
  const structures = new StructureCache([4, 2, 2])
  const meter = new CountingMeter()
  const walker = new Walker(memory, tables, structures, meter)
  const root = tables.allocate()
  const put = (page: number, entry: number, bottom = 1) => {
    const word = tables.growTo(root, page, bottom)
    memory.words[word] = entry
    return word
  }
  /** The entry that the walk returns and the levels that it read. */
  const walk = (page: number, need: number, epoch = EPOCH): [entry: number, levels: number] => {
    const before = meter.of('walkLevel')
    const entry = walker.walk(root, page, epoch, need)
    return [entry, meter.of('walkLevel') - before]
  }
  return { memory, tables, structures, meter, walker, root, put, walk }
}

/** The first page that differs from page 0 at the level (1: the leaf tables) and above. */
const apart = (level: number) => 512 ** level

describe('a walk', () => {
  test('reads four levels, and then as many as the cached table leaves', () => {
    const { put, walk, meter } = machine()
    for (const page of [5, 6, 5 + apart(1), 5 + apart(2), 5 + apart(3)]) put(page, (7 << 12) | PRESENT)
    expect(walk(5, PRESENT)[1]).toBe(4)
    // The same leaf table, another leaf table, another table of the second level, another one of the third.
    expect(walk(6, PRESENT)[1]).toBe(1)
    expect(walk(5 + apart(1), PRESENT)[1]).toBe(2)
    expect(walk(5 + apart(2), PRESENT)[1]).toBe(3)
    expect(walk(5 + apart(3), PRESENT)[1]).toBe(4)
    expect(meter.of('walkStart')).toBe(5)
  })

  test('does not use what another address-space tag has cached', () => {
    const { put, walk } = machine()
    put(5, PRESENT)
    expect(walk(5, PRESENT)[1]).toBe(4)
    expect(walk(5, PRESENT, EPOCH + 1)[1]).toBe(4)
  })

  test('begins at the root again once the structure cache is emptied', () => {
    const { put, walk, structures } = machine()
    put(5, PRESENT)
    walk(5, PRESENT)
    expect(walk(5, PRESENT)[1]).toBe(1)
    structures.empty()
    expect(walk(5, PRESENT)[1]).toBe(4)
  })

  test('reads the levels up to one that is missing', () => {
    const { put, walk } = machine()
    put(5, PRESENT)
    expect(walk(5 + apart(3), PRESENT)).toEqual([0, 1])
    expect(walk(5 + apart(2), PRESENT)).toEqual([0, 2])
    // The walk above has cached the table of the third level, from which two levels are read.
    expect(walk(5 + apart(1), PRESENT)).toEqual([0, 2])
    expect(walk(6, PRESENT)).toEqual([0, 2])
  })

  test('sets accessed, and dirty for a write only', () => {
    const { put, walk, memory, walker } = machine()
    const word = put(5, (7 << 12) | PRESENT | WRITABLE | USER)
    const read = (7 << 12) | PRESENT | WRITABLE | USER | ACCESSED
    expect(walk(5, PRESENT | USER)[0]).toBe(read)
    expect(memory.words[word]).toBe(read)
    expect(walk(5, PRESENT | USER | WRITABLE)[0]).toBe(read | DIRTY)
    expect(memory.words[word]).toBe(read | DIRTY)
    expect(walker.large).toBe(false)
  })

  test('writes an entry once, however often it is walked', () => {
    const { put, walk, memory } = machine()
    put(5, PRESENT | WRITABLE)
    walk(5, PRESENT | WRITABLE)
    let writes = 0
    memory.onWrite = () => writes++
    walk(5, PRESENT)
    walk(5, PRESENT | WRITABLE)
    expect(writes).toBe(0)
  })

  test('of a write to a read-only page faults and marks nothing', () => {
    const { put, walk, memory } = machine()
    const word = put(5, (7 << 12) | PRESENT | USER)
    expect(walk(5, PRESENT | USER | WRITABLE)[0]).toBe(0)
    expect(memory.words[word]).toBe((7 << 12) | PRESENT | USER)
  })

  test('of a user access to a kernel page faults', () => {
    const { put, walk } = machine()
    put(5, PRESENT | WRITABLE)
    expect(walk(5, PRESENT | USER)[0]).toBe(0)
  })

  test('ends at a 2 MiB leaf, also from a cached level', () => {
    const { put, walk, walker } = machine()
    put(apart(1), (512 << 12) | PRESENT | LARGE, 2)
    put(3, PRESENT)
    expect(walk(apart(1) + 9, PRESENT)).toEqual([(512 << 12) | PRESENT | LARGE | ACCESSED, 3])
    expect(walker.large).toBe(true)
    // The table that holds the 2 MiB leaf is cached: one level is left.
    expect(walk(apart(1) + 400, PRESENT)[1]).toBe(1)
    expect(walk(3, PRESENT)[1]).toBe(2)
    expect(walker.large).toBe(false)
  })
})

describe('a walk that loses a race', () => {
  function racing(first: number, meanwhile: number) {
    const all = machine()
    const word = all.put(5, first)
    let races = 0
    all.memory.beforeCompareExchange = (at) => {
      if (at !== word || races > 0) return
      races++
      all.memory.words[word] = meanwhile
    }
    return { ...all, word, races: () => races }
  }

  test('takes what the entry says now', () => {
    const { walk, memory, word, races } = racing(
      (7 << 12) | PRESENT | WRITABLE,
      (9 << 12) | PRESENT | WRITABLE,
    )
    expect(walk(5, PRESENT | WRITABLE)[0]).toBe((9 << 12) | PRESENT | WRITABLE | ACCESSED | DIRTY)
    expect(memory.words[word]).toBe((9 << 12) | PRESENT | WRITABLE | ACCESSED | DIRTY)
    expect(races()).toBe(1)
  })

  test('never brings back an entry that was cleared', () => {
    const { walk, memory, word, races } = racing((7 << 12) | PRESENT | WRITABLE, 0)
    expect(walk(5, PRESENT | WRITABLE)[0]).toBe(0)
    expect(memory.words[word]).toBe(0)
    expect(races()).toBe(1)
  })

  test('does not make a page dirty that became read-only', () => {
    const { walk, memory, word, races } = racing((7 << 12) | PRESENT | WRITABLE, (7 << 12) | PRESENT)
    expect(walk(5, PRESENT | WRITABLE)[0]).toBe(0)
    expect(memory.words[word]).toBe((7 << 12) | PRESENT)
    expect(races()).toBe(1)
  })
})

describe('a structure cache', () => {
  test('knows a table by level, prefix of the page and tag', () => {
    const cache = new StructureCache([4, 2, 2])
    cache.remember(1, 5, EPOCH, 40)
    cache.remember(2, 5, EPOCH, 41)
    cache.remember(3, 5, EPOCH, 42)
    expect([1, 2, 3].map((level) => cache.find(level, 511, EPOCH))).toEqual([40, 41, 42])
    expect([1, 2, 3].map((level) => cache.find(level, 512, EPOCH))).toEqual([-1, 41, 42])
    expect([1, 2, 3].map((level) => cache.find(level, 5, EPOCH + 1))).toEqual([-1, -1, -1])
    cache.empty()
    expect([1, 2, 3].map((level) => cache.find(level, 5, EPOCH))).toEqual([-1, -1, -1])
  })

  test('forgets a table when another one needs its slot, and no other table', () => {
    const cache = new StructureCache([4, 2, 2])
    for (let table = 0; table < 4; table++) cache.remember(1, table * 512, EPOCH, 40 + table)
    cache.remember(1, 4 * 512, EPOCH, 50)
    const found = [0, 1, 2, 3, 4].map((table) => cache.find(1, table * 512, EPOCH))
    expect(found).toEqual([-1, 41, 42, 43, 50])
  })

  test('has nothing for page 0 before it was told', () => {
    const cache = new StructureCache([4, 2, 2])
    for (const level of [1, 2, 3]) expect(cache.find(level, 0, 0)).toBe(-1)
  })

  test('forgets the way of a walk that faults, where tables may have been freed', () => {
    const { structures, walker, meter, memory, tables, root, put, walk } = machine()
    put(0, entryOf(7))
    expect(walk(0, PRESENT)[1]).toBe(4)
    const forgetful = new Walker(memory, tables, structures, meter, true)
    // Another table has come into the tree; the cached one is as empty as it was when it was taken out.
    memory.words[tables.leafWord(root, 0)] = 0
    const successor = tables.allocate()
    memory.words[tables.entryWord(successor, 1, 0)] = entryOf(8)
    memory.words[tables.growTo(root, 0, 2)] = tables.directoryEntry(successor)
    expect(walker.walk(root, 0, EPOCH, PRESENT)).toBe(0)
    expect(walker.walk(root, 0, EPOCH, PRESENT)).toBe(0)
    expect(forgetful.walk(root, 0, EPOCH, PRESENT)).toBe(0)
    expect(forgetful.walk(root, 0, EPOCH, PRESENT) >>> 12).toBe(8)
  })

  test('tells the oracle of a leaf table that it knows from before a reading', () => {
    const cache = new StructureCache([4, 2, 2])
    cache.remember(1, 5, EPOCH, 40, 7)
    expect([7, 8].map((stamp) => cache.holdsStale(0, EPOCH, 40, stamp))).toEqual([false, true])
    expect([cache.holdsStale(0, EPOCH, 41, 8), cache.holdsStale(512, EPOCH, 40, 8)]).toEqual([false, false])
  })
})

import {
  ENTRIES_PER_TABLE,
  FRAME_SHIFT,
  LARGE,
  LEVEL_BITS,
  LEVELS,
  PRESENT,
  USER,
  WRITABLE,
} from '../contract/page.js'
import type { Memory } from './memory.js'

/**
 * The page tables: a radix tree of 4 levels with 512 entries each, in shared words. Table pages are
 * the first frames of the machine, so an entry of a directory holds a table's frame number as an
 * entry of a leaf table holds a page's.
 *
 * Beside the 512 entries every table page keeps five words per entry that belong to the page-table
 * library: who changed it last, and until which serial the change is unsettled. Linux keeps such
 * facts per space (`tlb_flush_batched`) and has to flush more than needed when it reads them.
 */
const ENTRY_OWNER = 1
const ENTRY_SERIAL = 2
const ENTRY_TAG = 3
const ENTRY_STAMP = 4
const ENTRY_MAPPINGS = 5
const ARRAYS = 6
export const TABLE_WORDS: number = ENTRIES_PER_TABLE * ARRAYS

/** The word of an entry that is numbered over all table pages, as `Tables.entryIndex` does, from their first word on. */
export function wordOfEntry(base: number, index: number): number {
  return base + Math.floor(index / ENTRIES_PER_TABLE) * TABLE_WORDS + (index % ENTRIES_PER_TABLE)
}

/** Word offsets from an entry to its companions. */
export const OWNER_OFFSET: number = ENTRY_OWNER * ENTRIES_PER_TABLE
export const SERIAL_OFFSET: number = ENTRY_SERIAL * ENTRIES_PER_TABLE
export const TAG_OFFSET: number = ENTRY_TAG * ENTRIES_PER_TABLE
/** Time of the last change on the oracle's clock. */
export const STAMP_OFFSET: number = ENTRY_STAMP * ENTRIES_PER_TABLE
/** Of a directory entry: the mappings in its span, where tables are freed. */
export const MAPPINGS_OFFSET: number = ENTRY_MAPPINGS * ENTRIES_PER_TABLE

/** Directory entries allow everything; the leaf decides. */
const DIRECTORY = PRESENT | WRITABLE | USER

export class TableExhausted extends Error {
  constructor(tableCount: number) {
    super(`all ${tableCount} page-table pages of the machine are in use`)
    this.name = 'TableExhausted'
  }
}

export class Tables {
  readonly #memory: Memory
  readonly #base: number
  readonly #count: number
  readonly #nextWord: number

  /**
   * @param base first word of the table pages' storage
   * @param count table pages
   * @param nextWord the word that counts the pages handed out for the first time
   */
  constructor(memory: Memory, base: number, count: number, nextWord: number) {
    this.#memory = memory
    this.#base = base
    this.#count = count
    this.#nextWord = nextWord
  }

  /** A fresh table page: its frame number. */
  allocate(): number {
    const table = this.#memory.add(this.#nextWord, 1)
    if (table >= this.#count) throw new TableExhausted(this.#count)
    return table
  }

  /** The word of the entry for a page in a table of the given level (1 = leaf table). */
  entryWord(table: number, level: number, page: number): number {
    const index = (page >>> ((level - 1) * LEVEL_BITS)) & (ENTRIES_PER_TABLE - 1)
    return this.#base + table * TABLE_WORDS + index
  }

  /** Which entry a word is, counted over all table pages. */
  entryIndex(word: number): number {
    const offset = word - this.#base
    return Math.floor(offset / TABLE_WORDS) * ENTRIES_PER_TABLE + (offset % TABLE_WORDS)
  }

  /**
   * The word of the leaf entry that translates a page, or 0 where a level is missing. A 2 MiB leaf's
   * word is returned as it is: the caller sees LARGE in it.
   */
  leafWord(root: number, page: number): number {
    let table = root
    for (let level = LEVELS; level > 1; level--) {
      const word = this.entryWord(table, level, page)
      const entry = this.#memory.load(word)
      if ((entry & LARGE) !== 0) return word
      if ((entry & PRESENT) === 0) return 0
      table = entry >>> FRAME_SHIFT
    }
    return this.entryWord(table, 1, page)
  }

  /**
   * As `leafWord`, but adds the missing levels down to `bottom`: 1 for a 4 KiB leaf, 2 for a 2 MiB
   * leaf. Losing the race to install a table wastes one table page and is rare.
   */
  growTo(root: number, page: number, bottom: number): number {
    let table = root
    for (let level = LEVELS; level > bottom; level--) {
      const word = this.entryWord(table, level, page)
      let entry = this.#memory.load(word)
      if ((entry & PRESENT) === 0) {
        const fresh = this.directoryEntry(this.allocate())
        const seen = this.#memory.compareExchange(word, entry, fresh)
        entry = seen === entry ? fresh : seen
      }
      table = entry >>> FRAME_SHIFT
    }
    return this.entryWord(table, bottom, page)
  }

  directoryEntry(table: number): number {
    return (table << FRAME_SHIFT) | DIRECTORY
  }

  /** Empties a leaf table for a new use, its entries dated and attributed as what was there before. */
  clear(table: number, stamp: number, owner: number, serial: number): void {
    const first = this.entryWord(table, 1, 0)
    for (let word = first; word < first + ENTRIES_PER_TABLE; word++) {
      this.#memory.poke(word, 0)
      this.#memory.poke(word + OWNER_OFFSET, owner)
      this.#memory.poke(word + SERIAL_OFFSET, serial)
      this.#memory.poke(word + TAG_OFFSET, 0)
      this.#memory.poke(word + STAMP_OFFSET, stamp)
      this.#memory.poke(word + MAPPINGS_OFFSET, 0)
    }
  }
}

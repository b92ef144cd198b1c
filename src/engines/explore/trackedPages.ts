import { ENTRIES_PER_TABLE, FRAME_SHIFT, LEVEL_BITS, PRESENT } from '../../contract/page.js'
import { TABLE_WORDS } from '../../machine/tables.js'
import { LEVEL_DIRECTORY, LEVEL_LEAF } from '../../pagetable/passedEvent.js'
import type { MachineWords } from '../../machine/words.js'
import type { Arena } from './arena.js'

/** An entry of the page table that CPUs can cache: of a page, or of a leaf table (then any page of its span). */
export interface TrackedPage {
  readonly space: number
  readonly page: number
  readonly level: number
  /** The word of the directory entry above the page. Directories are never freed, so it stays. */
  readonly directory: number
  /** The only CPU that caches it; undefined: any. */
  readonly onlyCpu?: number
}

/** Where the entries stand that the search follows. A page's own entry moves with its table, where tables are freed. */
export class TrackedPages {
  readonly list: readonly TrackedPage[]
  readonly #arena: Arena
  readonly #tables: number

  constructor(arena: Arena, machine: MachineWords, list: readonly TrackedPage[]) {
    this.#arena = arena
    this.#tables = machine.tables
    this.list = list
  }

  /** -1: nobody caches it here. Page numbers are dealt out once for all spaces, so the page alone tells. */
  indexOf(page: number, level: number): number {
    const span = page >>> LEVEL_BITS
    return this.list.findIndex((tracked) =>
      level === LEVEL_LEAF
        ? tracked.level === LEVEL_LEAF && tracked.page === page
        : tracked.level === LEVEL_DIRECTORY && tracked.page >>> LEVEL_BITS === span,
    )
  }

  /** The word of the entry; 0, which is no word: its table is not there. */
  wordOf(index: number): number {
    const { page, level, directory } = this.list[index]
    if (level === LEVEL_DIRECTORY) return directory
    const entry = this.#arena.words[directory]
    if ((entry & PRESENT) === 0) return 0
    return this.#tables + (entry >>> FRAME_SHIFT) * TABLE_WORDS + (page & (ENTRIES_PER_TABLE - 1))
  }

  /** -1: the word is no entry that is followed. */
  indexOfWord(word: number): number {
    // Most writes are to lists, locks and counters, which stand before the tables.
    if (word < this.#tables || (word - this.#tables) % TABLE_WORDS >= ENTRIES_PER_TABLE) return -1
    for (let index = 0; index < this.list.length; index++) if (this.wordOf(index) === word) return index
    return -1
  }
}

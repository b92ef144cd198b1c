import { ACCESSED, DIRTY, FRAME_SHIFT, LARGE, LEVELS, PRESENT, USER_END, WRITABLE } from '../contract/page.js'
import { COST_WALK_LEVEL, COST_WALK_START, type Meter } from './costs.js'
import type { Lease } from './lease.js'
import type { Memory } from './memory.js'
import type { OwnTable } from './ownTable.js'
import type { StructureCache } from './structureCache.js'
import type { Tables } from './tables.js'

/** Levels at which a leaf may stand: 4 KiB and 2 MiB pages. */
const LARGEST_LEAF = 2

/**
 * The hardware page walker of one CPU. It sets accessed and dirty by compare-exchange on the value
 * that it read, so it can never resurrect an entry that software cleared meanwhile, and starts again
 * when it loses.
 */
export class Walker {
  readonly #memory: Memory
  readonly #tables: Tables
  readonly #structures: StructureCache
  readonly #meter: Meter
  readonly #forgets: boolean
  readonly #own: OwnTable | null
  /** Whether the entry that `walk` returned maps 2 MiB. */
  large = false
  /** Until when what `walk` returned may be used, where entries expire. */
  expiry = 0
  /** Null where they do not. */
  lease: Lease | null = null
  /** The oracle's clock, which dates what a walk remembers. */
  stamp = 0

  /**
   * @param forgets whether a walk that faults forgets the way it took. Hardware always does; where tables are
   *   never freed the way is as good as new, and walking it again would only cost time.
   * @param own the entries that this CPU's own table has of the shared one; null: it walks the shared one
   */
  constructor(
    memory: Memory,
    tables: Tables,
    structures: StructureCache,
    meter: Meter,
    forgets = false,
    own: OwnTable | null = null,
  ) {
    this.#forgets = forgets
    this.#own = own
    this.#memory = memory
    this.#tables = tables
    this.#structures = structures
    this.#meter = meter
  }

  /**
   * @param need flags that the access needs: PRESENT, and WRITABLE and USER where it writes or runs in user mode
   * @returns the leaf entry with accessed (and dirty, for a write) set, or 0: the access faults
   */
  walk(root: number, page: number, epoch: number, need: number): number {
    const entry = this.#descend(root, page, epoch, need)
    if (entry === 0 && this.#forgets) this.#structures.forget(page, epoch)
    return entry
  }

  #descend(root: number, page: number, epoch: number, need: number): number {
    this.#meter.charge(COST_WALK_START, 1)
    let level = LEVELS
    let table = root
    for (let cached = 1; cached < LEVELS; cached++) {
      const known = this.#structures.find(cached, page, epoch)
      if (known < 0) continue
      level = cached
      table = known
      break
    }
    for (;;) {
      this.#meter.charge(COST_WALK_LEVEL, 1)
      const word = this.#tables.entryWord(table, level, page)
      const entry = this.#memory.load(word)
      if ((entry & PRESENT) === 0) return 0
      if (level === 1 || (level === LARGEST_LEAF && (entry & LARGE) !== 0)) {
        if (!this.#isOwn(page)) return 0
        const leaf = this.#mark(word, entry, need)
        this.large = level !== 1
        return leaf
      }
      table = entry >>> FRAME_SHIFT
      level--
      this.#structures.remember(level, page, epoch, table, this.stamp)
    }
  }

  /** An entry that is not in this CPU's table is not accessed either. */
  #isOwn(page: number): boolean {
    return this.#own === null || page >= USER_END || this.#own.has(page)
  }

  #mark(word: number, first: number, need: number): number {
    let entry = first
    if (this.lease !== null) {
      // Before the entry is read that is cached: software writes the entry and then reads the stamp. In any other
      // order it could see no stamp, and this walk the old entry.
      this.expiry = this.lease.stamp(word)
      entry = this.#memory.load(word)
    }
    for (;;) {
      if ((entry & need) !== need) return 0
      const marks = ACCESSED | ((need & WRITABLE) !== 0 ? DIRTY : 0)
      if ((entry & marks) === marks) return entry
      const seen = this.#memory.compareExchange(word, entry, entry | marks)
      if (seen === entry) return entry | marks
      entry = seen
    }
  }
}

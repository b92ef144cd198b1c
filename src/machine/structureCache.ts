import { LEVEL_BITS, LEVELS } from '../contract/page.js'

const SLOT_WORDS = 5

/**
 * One CPU's paging-structure cache: for each upper level a direct-mapped array of table pages that
 * walks went through, so that most walks read one level instead of four. INVLPG of any page empties
 * all of it (Intel SDM vol. 3A, 4.10.4.1), which is why a page-by-page flush costs more walks than it
 * looks.
 */
export class StructureCache {
  readonly #sizes: readonly number[]
  /** Per level and slot: prefix of the page number, epoch, generation, table frame, the oracle's clock at the walk. */
  readonly #slots: Int32Array[]
  #generation = 1

  /** @param entries of the caches whose hit leaves 1, 2 and 3 levels to read; powers of two */
  constructor(entries: readonly [number, number, number]) {
    this.#sizes = entries
    this.#slots = entries.map((count) => new Int32Array(count * SLOT_WORDS))
  }

  /**
   * The table page that a walk can start at, or -1.
   * @param level the level whose table is wanted: 1 (the leaf table) up to LEVELS - 1
   */
  find(level: number, page: number, epoch: number): number {
    const prefix = page >>> (level * LEVEL_BITS)
    const slots = this.#slots[level - 1]
    const at = (prefix & (this.#sizes[level - 1] - 1)) * SLOT_WORDS
    const hit = slots[at] === prefix && slots[at + 1] === epoch && slots[at + 2] === this.#generation
    return hit ? slots[at + 3] : -1
  }

  remember(level: number, page: number, epoch: number, table: number, stamp = 0): void {
    if (level >= LEVELS) return
    const prefix = page >>> (level * LEVEL_BITS)
    const slots = this.#slots[level - 1]
    const at = (prefix & (this.#sizes[level - 1] - 1)) * SLOT_WORDS
    slots[at] = prefix
    slots[at + 1] = epoch
    slots[at + 2] = this.#generation
    slots[at + 3] = table
    slots[at + 4] = stamp
  }

  /** A fault drops what was cached of the way to its page (Intel SDM vol. 3A, 4.10.4.1). */
  forget(page: number, epoch: number): void {
    for (let level = 1; level < LEVELS; level++) {
      const prefix = page >>> (level * LEVEL_BITS)
      const slots = this.#slots[level - 1]
      const at = (prefix & (this.#sizes[level - 1] - 1)) * SLOT_WORDS
      if (slots[at] === prefix && slots[at + 1] === epoch) slots[at + 1] = 0
    }
  }

  /** For the oracle: may a walk for the page start at this leaf table, known from before `stamp`? */
  holdsStale(page: number, epoch: number, table: number, stamp: number): boolean {
    if (this.find(1, page, epoch) !== table) return false
    const at = ((page >>> LEVEL_BITS) & (this.#sizes[0] - 1)) * SLOT_WORDS
    return ((this.#slots[0][at + 4] - stamp) | 0) < 0
  }

  empty(): void {
    this.#generation = (this.#generation + 1) | 0
  }
}

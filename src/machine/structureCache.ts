import { LEVEL_BITS, LEVELS } from '../contract/page.js'

/**
 * One CPU's paging-structure cache: for each upper level a direct-mapped array of table pages that
 * walks went through, so that most walks read one level instead of four. INVLPG of any page empties
 * all of it (Intel SDM vol. 3A, 4.10.4.1), which is why a page-by-page flush costs more walks than it
 * looks.
 */
export class StructureCache {
  readonly #sizes: readonly number[]
  /** Per level 2..4 and slot: prefix of the page number, epoch, table frame. */
  readonly #slots: Int32Array[]
  #generation = 1

  /** @param entries of the caches whose hit leaves 1, 2 and 3 levels to read; powers of two */
  constructor(entries: readonly [number, number, number]) {
    this.#sizes = entries
    this.#slots = entries.map((count) => new Int32Array(count * 4))
  }

  /**
   * The table page that a walk can start at, or -1.
   * @param level the level whose table is wanted: 1 (the leaf table) up to LEVELS - 1
   */
  find(level: number, page: number, epoch: number): number {
    const prefix = page >>> (level * LEVEL_BITS)
    const slots = this.#slots[level - 1]
    const at = (prefix & (this.#sizes[level - 1] - 1)) * 4
    const hit = slots[at] === prefix && slots[at + 1] === epoch && slots[at + 2] === this.#generation
    return hit ? slots[at + 3] : -1
  }

  remember(level: number, page: number, epoch: number, table: number): void {
    if (level >= LEVELS) return
    const prefix = page >>> (level * LEVEL_BITS)
    const slots = this.#slots[level - 1]
    const at = (prefix & (this.#sizes[level - 1] - 1)) * 4
    slots[at] = prefix
    slots[at + 1] = epoch
    slots[at + 2] = this.#generation
    slots[at + 3] = table
  }

  empty(): void {
    this.#generation = (this.#generation + 1) | 0
  }
}

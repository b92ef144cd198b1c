import type { Change } from '../../contract/change.js'
import { KERNEL_SPACE } from '../../contract/page.js'
import type { Port } from '../../contract/port.js'
import { owesWalks } from './owesWalks.js'

/**
 * What is to be flushed, item by item, in words: a header, then two words for each item. Where an item
 * has no room any more, the list becomes "everything". It is built in private words and copied to
 * shared ones; the layout is the same.
 */
const COUNT = 0
/** The one space of all items; KERNEL_SPACE when they lie in several or one of them is the kernel's. */
const SPACE = 1
/** Pages of all items. */
const PAGES = 2
const OWES_WALKS = 3
const ITEMS = 4

const ITEM_WORDS = 2
const FIRST = 0
const SPACE_AND_PAGES = 1
/** An item has fewer pages than this, so that its space fits beside them. */
const PAGES_LIMIT = 1 << 10

/** In the place of the number of items: all of the space, or of all spaces. */
const EVERYTHING = -1

export class FlushList {
  /** Words of a list of `pageLimit` items. */
  static words(pageLimit: number): number {
    return ITEMS + pageLimit * ITEM_WORDS
  }

  readonly #at: number
  readonly #pageLimit: number

  /**
   * @param at first of `words(pageLimit)` private words
   * @param pageLimit pages of all items together, below 1024, above which the list is "everything"
   */
  constructor(at: number, pageLimit: number) {
    this.#at = at
    this.#pageLimit = pageLimit
  }

  clear(cpu: Port): void {
    cpu.set(this.#at + COUNT, 0)
    cpu.set(this.#at + PAGES, 0)
    cpu.set(this.#at + OWES_WALKS, 0)
  }

  isEmpty(cpu: Port): boolean {
    return cpu.get(this.#at + COUNT) === 0
  }

  space(cpu: Port): number {
    return cpu.get(this.#at + SPACE)
  }

  owesWalks(cpu: Port): boolean {
    return cpu.get(this.#at + OWES_WALKS) !== 0
  }

  /** @param pages that the item counts for, 1 at least */
  add(cpu: Port, change: Change, pages: number): void {
    const at = this.#at
    const { space } = change
    cpu.set(at + SPACE, this.isEmpty(cpu) || cpu.get(at + SPACE) === space ? space : KERNEL_SPACE)
    if (owesWalks(change)) cpu.set(at + OWES_WALKS, 1)
    const count = cpu.get(at + COUNT)
    if (count === EVERYTHING) return
    const all = cpu.get(at + PAGES) + pages
    if (all > this.#pageLimit) {
      cpu.set(at + COUNT, EVERYTHING)
      return
    }
    const item = at + ITEMS + count * ITEM_WORDS
    cpu.set(item + FIRST, change.firstPage)
    cpu.set(item + SPACE_AND_PAGES, space * PAGES_LIMIT + pages)
    cpu.set(at + PAGES, all)
    cpu.set(at + COUNT, count + 1)
  }

  /** Everything of all spaces, whatever is in the list: it is part of that. */
  addEverything(cpu: Port): void {
    cpu.set(this.#at + COUNT, EVERYTHING)
    cpu.set(this.#at + SPACE, KERNEL_SPACE)
    cpu.set(this.#at + OWES_WALKS, 1)
  }

  /** On this CPU. */
  flush(cpu: Port): void {
    const at = this.#at
    const count = cpu.get(at + COUNT)
    if (count === EVERYTHING) cpu.invalidateSpace(cpu.get(at + SPACE))
    for (let item = 0; item < count; item++) {
      const word = at + ITEMS + item * ITEM_WORDS
      const packed = cpu.get(word + SPACE_AND_PAGES)
      cpu.invalidate(Math.floor(packed / PAGES_LIMIT), cpu.get(word + FIRST), packed & (PAGES_LIMIT - 1), 1)
    }
  }

  /** Overwrites a list in shared words. */
  copyTo(cpu: Port, shared: number): void {
    const length = this.#length(cpu)
    for (let word = 0; word < length; word++) cpu.store(shared + word, cpu.get(this.#at + word))
  }

  /** Overwrites this list with one in shared words. */
  copyFrom(cpu: Port, shared: number): void {
    for (let word = 0; word < ITEMS; word++) cpu.set(this.#at + word, cpu.load(shared + word))
    const length = this.#length(cpu)
    for (let word = ITEMS; word < length; word++) cpu.set(this.#at + word, cpu.load(shared + word))
  }

  /** Adds these items to a list in shared words, which may be empty. */
  appendTo(cpu: Port, shared: number): void {
    const at = this.#at
    const count = cpu.load(shared + COUNT)
    const space = cpu.get(at + SPACE)
    cpu.store(shared + SPACE, count === 0 || cpu.load(shared + SPACE) === space ? space : KERNEL_SPACE)
    if (this.owesWalks(cpu)) cpu.store(shared + OWES_WALKS, 1)
    if (count === EVERYTHING) return
    const own = cpu.get(at + COUNT)
    const all = cpu.load(shared + PAGES) + cpu.get(at + PAGES)
    if (own === EVERYTHING || all > this.#pageLimit) {
      cpu.store(shared + COUNT, EVERYTHING)
      return
    }
    const end = shared + ITEMS + count * ITEM_WORDS
    for (let word = 0; word < own * ITEM_WORDS; word++) cpu.store(end + word, cpu.get(at + ITEMS + word))
    cpu.store(shared + PAGES, all)
    cpu.store(shared + COUNT, count + own)
  }

  /** Empties a list in shared words. */
  static empty(cpu: Port, shared: number): void {
    cpu.store(shared + COUNT, 0)
    cpu.store(shared + PAGES, 0)
    cpu.store(shared + OWES_WALKS, 0)
  }

  /** Header and items. */
  #length(cpu: Port): number {
    return ITEMS + Math.max(0, cpu.get(this.#at + COUNT)) * ITEM_WORDS
  }
}

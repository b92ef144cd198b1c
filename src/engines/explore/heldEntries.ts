import { FRAME_SHIFT, KERNEL_SPACE, PERMISSIONS } from '../../contract/page.js'
import type { Placed } from '../../contract/strategy.js'
import { LEVEL_DIRECTORY } from '../../pagetable/passedEvent.js'
import type { Arena } from './arena.js'
import { HELD_CONDEMNED, HELD_ENTRY, HELD_EXPIRY, HELD_VERSION, HELD_WORDS } from './exploreWords.js'
import type { TrackedPage } from './trackedPages.js'

/**
 * The TLBs: for each CPU and page what it holds. There is no limit to what they hold, because an entry
 * that was replaced can only be less harmful than one that was not. Entries are dated by the version
 * of their page-table entry (how often it was changed), not by a clock of the machine: states that
 * differ only in the order of unrelated changes are then the same state.
 */
export class HeldEntries {
  readonly pages: readonly TrackedPage[]
  readonly #arena: Arena
  readonly #placed: Placed

  constructor(arena: Arena, placed: Placed, pages: readonly TrackedPage[]) {
    this.#arena = arena
    this.#placed = placed
    this.pages = pages
  }

  #at(cpu: number, index: number): number {
    return this.#placed.base + cpu * this.#placed.stride + index * HELD_WORDS
  }

  entry(cpu: number, index: number): number {
    return this.#arena.words[this.#at(cpu, index) + HELD_ENTRY]
  }

  version(cpu: number, index: number): number {
    return this.#arena.words[this.#at(cpu, index) + HELD_VERSION]
  }

  condemned(cpu: number, index: number): number {
    return this.#arena.words[this.#at(cpu, index) + HELD_CONDEMNED]
  }

  condemn(cpu: number, index: number, obligation: number): void {
    const at = this.#at(cpu, index) + HELD_CONDEMNED
    this.#arena.set(at, this.#arena.words[at] | obligation)
  }

  fill(cpu: number, index: number, entry: number, version: number, expiry = 0): void {
    const at = this.#at(cpu, index)
    this.#arena.set(at + HELD_ENTRY, entry)
    this.#arena.set(at + HELD_VERSION, version)
    this.#arena.set(at + HELD_CONDEMNED, 0)
    this.#arena.set(at + HELD_EXPIRY, expiry)
  }

  expiry(cpu: number, index: number): number {
    return this.#arena.words[this.#at(cpu, index) + HELD_EXPIRY]
  }

  drop(cpu: number, index: number): void {
    this.fill(cpu, index, 0, 0)
  }

  /** Also empties the paging-structure cache, whatever the pages are (Intel SDM vol. 3A, 4.10.4.1). */
  dropRange(cpu: number, space: number, firstPage: number, pageCount: number, stridePages: number): void {
    for (let index = 0; index < this.pages.length; index++) {
      const tracked = this.pages[index]
      if (tracked.level === LEVEL_DIRECTORY) {
        this.drop(cpu, index)
        continue
      }
      const offset = tracked.page - firstPage
      if (tracked.space !== space || offset < 0 || offset >= pageCount) continue
      if (offset % stridePages === 0) this.drop(cpu, index)
    }
  }

  /** Everything of a space, of all spaces for KERNEL_SPACE; and the whole paging-structure cache. */
  dropSpace(cpu: number, space: number): void {
    for (let index = 0; index < this.pages.length; index++) {
      const isOfSpace = space === KERNEL_SPACE || this.pages[index].space === space
      if (isOfSpace || this.pages[index].level === LEVEL_DIRECTORY) this.drop(cpu, index)
    }
  }

  /** Everything of a space, which stays under a tag that is not the space's any more. @returns whether there was anything */
  dropAll(cpu: number, space: number): boolean {
    let hasSome = false
    for (let index = 0; index < this.pages.length; index++) {
      if (this.pages[index].space !== space || this.entry(cpu, index) === 0) continue
      hasSome = true
      this.drop(cpu, index)
    }
    return hasSome
  }

  /** As a broadcast for one tag: the range, and of the paging-structure cache what belongs to the space. */
  dropTagged(cpu: number, space: number, firstPage: number, pageCount: number, stridePages: number): void {
    for (let index = 0; index < this.pages.length; index++) {
      const tracked = this.pages[index]
      if (tracked.space !== space) continue
      const offset = tracked.page - firstPage
      const isInRange = offset >= 0 && offset < pageCount && offset % stridePages === 0
      if (isInRange || tracked.level === LEVEL_DIRECTORY) this.drop(cpu, index)
    }
  }

  /**
   * Older than the version, of the frame (any, if -1), with all flags that are needed to do harm, and
   * granting what `allowed` does not (anything, if 0).
   */
  isStale(
    cpu: number,
    index: number,
    version: number,
    frame: number,
    allowed: number,
    needed: number,
  ): boolean {
    const entry = this.entry(cpu, index)
    if (entry === 0 || ((this.version(cpu, index) - version) | 0) >= 0) return false
    if (frame >= 0 && entry >>> FRAME_SHIFT !== frame) return false
    if ((entry & needed) !== needed) return false
    return allowed === 0 || (entry & ~allowed & PERMISSIONS) !== 0
  }
}

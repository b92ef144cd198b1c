import { HARDWARE_FLAGS, LEVEL_BITS } from '../contract/page.js'
import { ENTRY, EPOCH, STAMP, TlbArray } from './tlbArray.js'

export interface TlbGeometry {
  readonly smallEntries: number
  readonly smallWays: number
  readonly largeEntries: number
  readonly largeWays: number
  readonly secondEntries: number
  readonly secondWays: number
  /** Address-space tags that hardware can tell apart; 0 (GLOBAL_TAG) is that of global entries. */
  readonly tagCount: number
}

/** Large pages are kept under their large page number with this bit: 4 KiB page numbers (31 bits) never equal that. */
const LARGE_KEY = 1 << 31

/**
 * Pages of which the first level is known to hold an entry, by their low bits: page, then epoch and
 * flags in one word. A shortcut past the search and never more: what leaves the first level leaves this
 * too, what is not here is searched.
 */
const KNOWN = 256
const KNOWN_WORDS = 2
/** The hardware's flags lie below an epoch. */
const EPOCH_SHIFT = 8
const LAST_EPOCH = 2 ** (32 - EPOCH_SHIFT) - 1

/** Where a large page was last found in the first level; read through, so that it may be wrong. */
const HINTS = 256

/**
 * One CPU's TLB: a first level for 4 KiB and one for 2 MiB pages, a second level for both, each
 * set-associative with first-in-first-out replacement (a hit changes nothing, so a run of hits can be
 * repeated without looking at it). Entries carry an epoch, the identity of an address-space tag
 * between two of its flushes: dropping a tag is giving it the next epoch.
 *
 * Nobody but the CPU itself touches its TLB. That is what makes bursts of accesses safe: entries
 * disappear only at the CPU's own poll.
 */
export class Tlb {
  readonly #small: TlbArray
  readonly #large: TlbArray
  readonly #second: TlbArray
  readonly #known = new Int32Array(KNOWN * KNOWN_WORDS)
  readonly #largeHints = new Int32Array(HINTS)
  readonly #epochs: Int32Array
  #nextEpoch = 1
  /** Tags above this were never asked for, so they hold nothing and need no new epoch. */
  #highestTag = 0
  /** Whether a large page was ever cached: most runs have none, and every drop and every miss would search two arrays for nothing. */
  #hasLarge = false
  /** Counts every fill and every drop: equal values mean an unchanged TLB. */
  version = 0
  /** Entry that `lookup` found. */
  found = 0
  /** Whether it found it in the first level. */
  foundFirst = false

  constructor(geometry: TlbGeometry) {
    this.#small = new TlbArray(geometry.smallEntries, geometry.smallWays)
    this.#large = new TlbArray(geometry.largeEntries, geometry.largeWays)
    this.#second = new TlbArray(geometry.secondEntries, geometry.secondWays)
    this.#epochs = new Int32Array(geometry.tagCount)
    for (let tag = 0; tag < geometry.tagCount; tag++) this.#epochs[tag] = this.#freshEpoch()
  }

  epochOf(tag: number): number {
    if (tag > this.#highestTag) this.#highestTag = tag
    return this.#epochs[tag]
  }

  /**
   * The number of accesses from `firstPage` on that hit the first level with all bits of `need`, at
   * most `count`. This is the loop that everything else exists around; it allocates and writes nothing.
   */
  hits(firstPage: number, count: number, need: number, epoch: number): number {
    const known = this.#known
    const wanted = (epoch << EPOCH_SHIFT) | need
    const mask = (-1 << EPOCH_SHIFT) | need
    const end = firstPage + count
    for (let page = firstPage; ; page++) {
      // A loop of its own, with large pages outside of it: what is not in it need not be kept in registers.
      for (; page < end; page++) {
        const at = (page & (KNOWN - 1)) * KNOWN_WORDS
        if (known[at] !== page || (known[at + 1] & mask) !== wanted) break
      }
      if (page === end) return count
      const large = this.#large.ways
      const key = (page >>> LEVEL_BITS) | LARGE_KEY
      const way = this.#largeHints[key & (HINTS - 1)]
      if (large[way] !== key || large[way + EPOCH] !== epoch || (large[way + ENTRY] & need) !== need)
        return page - firstPage
    }
  }

  #know(page: number, epoch: number, entry: number): void {
    const at = (page & (KNOWN - 1)) * KNOWN_WORDS
    this.#known[at] = page
    this.#known[at + 1] = (epoch << EPOCH_SHIFT) | (entry & HARDWARE_FLAGS)
  }

  /** An entry for the page, under whatever epoch, has left the first level. */
  #forget(page: number): void {
    const at = (page & (KNOWN - 1)) * KNOWN_WORDS
    if (this.#known[at] !== page) return
    this.#known[at] = 0
    this.#known[at + 1] = 0
  }

  /**
   * Searches both levels; true when an entry for the page is there, which is then in `found` whatever
   * its permissions. A second-level hit is copied into the first.
   */
  lookup(page: number, epoch: number): boolean {
    const index = page >>> LEVEL_BITS
    const key = index | LARGE_KEY
    let way = this.#small.find(page, page, epoch)
    if (way >= 0) {
      this.#know(page, epoch, this.#small.ways[way + ENTRY])
      return this.#report(this.#small, way, true)
    }
    way = this.#hasLarge ? this.#large.find(key, index, epoch) : -1
    if (way >= 0) {
      this.#largeHints[key & (HINTS - 1)] = way
      return this.#report(this.#large, way, true)
    }
    way = this.#second.find(page, page, epoch)
    const isSmall = way >= 0
    if (!isSmall && this.#hasLarge) way = this.#second.find(key, index, epoch)
    if (way < 0) return false
    const { ways } = this.#second
    this.#fillFirst(page, ways[way + ENTRY], !isSmall, ways[way + STAMP], epoch)
    return this.#report(this.#second, way, false)
  }

  #report(array: TlbArray, way: number, first: boolean): boolean {
    this.found = array.ways[way + ENTRY]
    this.foundFirst = first
    return true
  }

  /** Caches what a walk found, in both levels. */
  fill(page: number, entry: number, large: boolean, stamp: number, epoch: number): void {
    const index = large ? page >>> LEVEL_BITS : page
    if (large) this.#hasLarge = true
    this.#second.place(large ? index | LARGE_KEY : page, index, epoch, entry, stamp)
    this.#fillFirst(page, entry, large, stamp, epoch)
  }

  #fillFirst(page: number, entry: number, large: boolean, stamp: number, epoch: number): void {
    this.version++
    if (large) {
      const index = page >>> LEVEL_BITS
      this.#largeHints[index & (HINTS - 1)] = this.#large.place(index | LARGE_KEY, index, epoch, entry, stamp)
    } else {
      this.#small.place(page, page, epoch, entry, stamp)
      this.#forget(this.#small.evicted)
      this.#know(page, epoch, entry)
    }
  }

  /** Whether an entry for the page is there, at either size. Changes nothing. */
  holds(page: number, epoch: number): boolean {
    const index = page >>> LEVEL_BITS
    const key = index | LARGE_KEY
    return (
      this.#second.find(page, page, epoch) >= 0 ||
      this.#small.find(page, page, epoch) >= 0 ||
      this.#second.find(key, index, epoch) >= 0 ||
      this.#large.find(key, index, epoch) >= 0
    )
  }

  /** Drops the page under one epoch, at either size, from both levels. */
  drop(page: number, epoch: number): void {
    this.version++
    const index = page >>> LEVEL_BITS
    this.#small.drop(page, page, epoch)
    this.#forget(page)
    this.#second.drop(page, page, epoch)
    if (!this.#hasLarge) return
    this.#large.drop(index | LARGE_KEY, index, epoch)
    this.#second.drop(index | LARGE_KEY, index, epoch)
  }

  /** Drops all entries of a tag. Their ways count as used until replaced: hardware does not go and look either. */
  dropTag(tag: number): void {
    this.version++
    this.#epochs[tag] = this.#freshEpoch()
  }

  dropAll(): void {
    this.version++
    for (let tag = 0; tag <= this.#highestTag; tag++) this.#epochs[tag] = this.#freshEpoch()
  }

  #freshEpoch(): number {
    // An epoch used twice would revive dead entries: once in 16 million flushes of a CPU all entries go.
    if (this.#nextEpoch === LAST_EPOCH) {
      this.#known.fill(0)
      for (const array of [this.#small, this.#large, this.#second]) array.clear()
      this.#nextEpoch = 1
      for (let tag = 0; tag < this.#epochs.length; tag++) this.#epochs[tag] = this.#nextEpoch++
    }
    return this.#nextEpoch++
  }

  /**
   * For the oracle: does an entry for the page exist that was filled before `stamp` and is stale in a
   * way that matters? Counts entries whose frame is `frame` (any, if -1) and that grant a permission
   * that `allowed` does not (every entry, if `allowed` is 0: the page is gone), and have all flags of `needed`.
   */
  holdsStale(
    page: number,
    epoch: number,
    stamp: number,
    frame: number,
    allowed: number,
    needed: number,
  ): boolean {
    const index = page >>> LEVEL_BITS
    const key = index | LARGE_KEY
    return (
      this.#small.holdsStale(page, page, epoch, 0, stamp, frame, allowed, needed) ||
      this.#second.holdsStale(page, page, epoch, 0, stamp, frame, allowed, needed) ||
      this.#large.holdsStale(key, index, epoch, page, stamp, frame, allowed, needed) ||
      this.#second.holdsStale(key, index, epoch, page, stamp, frame, allowed, needed)
    )
  }
}

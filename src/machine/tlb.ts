import { FRAME_SHIFT, LEVEL_BITS, PERMISSIONS } from '../contract/page.js'

/**
 * One CPU's TLB: a first level for 4 KiB and one for 2 MiB pages, a second level for both, each
 * set-associative with first-in-first-out replacement (a hit changes nothing, so a run of hits can be
 * repeated without looking at it). Entries carry an epoch, the identity of an address-space tag
 * between two of its flushes: dropping a tag is giving it the next epoch.
 *
 * Nobody but the CPU itself touches its TLB. That is what makes bursts of accesses safe: entries
 * disappear only at the CPU's own poll.
 */
export interface TlbGeometry {
  readonly smallEntries: number
  readonly smallWays: number
  readonly largeEntries: number
  readonly largeWays: number
  readonly secondEntries: number
  readonly secondWays: number
  /** Address-space tags that hardware can tell apart; 0 is the tag of global entries. */
  readonly tagCount: number
}

/** Words of a way: page, epoch, entry as cached, stamp of the oracle's clock at the walk that filled it. */
const PAGE = 0
const EPOCH = 1
const ENTRY = 2
const STAMP = 3
const WAY_WORDS = 4

/** Large pages live in the second level under their large page number with this bit, so that 4 KiB page numbers (31 bits) never equal them. */
const LARGE_KEY = 1 << 31

/** Where a page was last found in the first level; only a shortcut past the search, never the truth. */
const HINTS = 256

export const GLOBAL_TAG = 0

export class Tlb {
  readonly #geometry: TlbGeometry
  /** All ways of all arrays: small, large, second. */
  readonly #ways: Int32Array
  readonly #hints: Int32Array
  readonly #largeHints: Int32Array
  /** Next way to replace, one per set of all arrays. */
  readonly #victims: Int32Array
  readonly #epochs: Int32Array
  #nextEpoch = 1
  /** Tags above this were never asked for, so they hold nothing and need no new epoch. */
  #highestTag = 0
  readonly #largeBase: number
  readonly #secondBase: number
  readonly #smallSets: number
  readonly #largeSets: number
  readonly #secondSets: number
  /** Counts every fill and every drop: equal values mean an unchanged TLB. */
  version = 0
  /** Entry that `lookup` found. */
  found = 0
  /** Whether it found it in the first level. */
  foundFirst = false

  constructor(geometry: TlbGeometry) {
    this.#geometry = geometry
    this.#smallSets = geometry.smallEntries / geometry.smallWays
    this.#largeSets = geometry.largeEntries / geometry.largeWays
    this.#secondSets = geometry.secondEntries / geometry.secondWays
    this.#largeBase = geometry.smallEntries * WAY_WORDS
    this.#secondBase = this.#largeBase + geometry.largeEntries * WAY_WORDS
    this.#ways = new Int32Array(this.#secondBase + geometry.secondEntries * WAY_WORDS)
    this.#hints = new Int32Array(HINTS)
    this.#largeHints = new Int32Array(HINTS)
    this.#victims = new Int32Array(this.#smallSets + this.#largeSets + this.#secondSets)
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
    const ways = this.#ways
    const hints = this.#hints
    const largeHints = this.#largeHints
    let done = 0
    while (done < count) {
      const page = firstPage + done
      let way = hints[page & (HINTS - 1)]
      if (ways[way] !== page || ways[way + EPOCH] !== epoch || (ways[way + ENTRY] & need) !== need) {
        const large = page >>> LEVEL_BITS
        way = largeHints[large & (HINTS - 1)]
        if (
          ways[way] !== (large | LARGE_KEY) ||
          ways[way + EPOCH] !== epoch ||
          (ways[way + ENTRY] & need) !== need
        ) {
          return done
        }
      }
      done++
    }
    return done
  }

  /**
   * Searches both levels; true when an entry for the page is there, which is then in `found` whatever
   * its permissions. A second-level hit is copied into the first.
   */
  lookup(page: number, epoch: number): boolean {
    const large = (page >>> LEVEL_BITS) | LARGE_KEY
    let way = this.#search(0, this.#smallSets, this.#geometry.smallWays, page, page, epoch)
    if (way >= 0) {
      this.#hints[page & (HINTS - 1)] = way
      return this.#report(way, true)
    }
    way = this.#search(
      this.#largeBase,
      this.#largeSets,
      this.#geometry.largeWays,
      large,
      page >>> LEVEL_BITS,
      epoch,
    )
    if (way >= 0) {
      this.#largeHints[(page >>> LEVEL_BITS) & (HINTS - 1)] = way
      return this.#report(way, true)
    }
    way = this.#search(this.#secondBase, this.#secondSets, this.#geometry.secondWays, page, page, epoch)
    const isSmall = way >= 0
    if (!isSmall) {
      way = this.#search(
        this.#secondBase,
        this.#secondSets,
        this.#geometry.secondWays,
        large,
        page >>> LEVEL_BITS,
        epoch,
      )
      if (way < 0) return false
    }
    this.#fillFirst(page, this.#ways[way + ENTRY], !isSmall, this.#ways[way + STAMP], epoch)
    return this.#report(way, false)
  }

  #report(way: number, first: boolean): boolean {
    this.found = this.#ways[way + ENTRY]
    this.foundFirst = first
    return true
  }

  #search(base: number, sets: number, wayCount: number, key: number, index: number, epoch: number): number {
    const ways = this.#ways
    const start = base + (index % sets) * wayCount * WAY_WORDS
    const end = start + wayCount * WAY_WORDS
    for (let way = start; way < end; way += WAY_WORDS) {
      if (ways[way] === key && ways[way + EPOCH] === epoch) return way
    }
    return -1
  }

  /** Caches what a walk found, in both levels. */
  fill(page: number, entry: number, large: boolean, stamp: number, epoch: number): void {
    const { secondWays } = this.#geometry
    const index = large ? page >>> LEVEL_BITS : page
    const key = large ? index | LARGE_KEY : page
    const set = index % this.#secondSets
    this.#place(
      this.#secondBase,
      set,
      secondWays,
      this.#smallSets + this.#largeSets + set,
      key,
      entry,
      stamp,
      epoch,
    )
    this.#fillFirst(page, entry, large, stamp, epoch)
  }

  #fillFirst(page: number, entry: number, large: boolean, stamp: number, epoch: number): void {
    this.version++
    if (large) {
      const index = page >>> LEVEL_BITS
      const set = index % this.#largeSets
      const { largeWays } = this.#geometry
      const way = this.#place(
        this.#largeBase,
        set,
        largeWays,
        this.#smallSets + set,
        index | LARGE_KEY,
        entry,
        stamp,
        epoch,
      )
      this.#largeHints[index & (HINTS - 1)] = way
    } else {
      const set = page % this.#smallSets
      const way = this.#place(0, set, this.#geometry.smallWays, set, page, entry, stamp, epoch)
      this.#hints[page & (HINTS - 1)] = way
    }
  }

  /** Replaces the entry of the same page if there is one, else a dead way, else the oldest. */
  #place(
    base: number,
    set: number,
    wayCount: number,
    victim: number,
    key: number,
    entry: number,
    stamp: number,
    epoch: number,
  ): number {
    const ways = this.#ways
    const start = base + set * wayCount * WAY_WORDS
    let way = -1
    for (let w = 0; w < wayCount; w++) {
      const at = start + w * WAY_WORDS
      if (ways[at] === key && ways[at + EPOCH] === epoch) {
        way = at
        break
      }
      if (way < 0 && ways[at + EPOCH] === 0) way = at
    }
    if (way < 0) {
      const oldest = this.#victims[victim]
      this.#victims[victim] = oldest + 1 === wayCount ? 0 : oldest + 1
      way = start + oldest * WAY_WORDS
    }
    ways[way] = key
    ways[way + EPOCH] = epoch
    ways[way + ENTRY] = entry
    ways[way + STAMP] = stamp
    return way
  }

  /** Drops the page under one epoch, at either size, from both levels. */
  drop(page: number, epoch: number): void {
    this.version++
    const index = page >>> LEVEL_BITS
    const { smallWays, largeWays, secondWays } = this.#geometry
    this.#kill(this.#search(0, this.#smallSets, smallWays, page, page, epoch))
    this.#kill(this.#search(this.#largeBase, this.#largeSets, largeWays, index | LARGE_KEY, index, epoch))
    this.#kill(this.#search(this.#secondBase, this.#secondSets, secondWays, page, page, epoch))
    this.#kill(this.#search(this.#secondBase, this.#secondSets, secondWays, index | LARGE_KEY, index, epoch))
  }

  #kill(way: number): void {
    if (way < 0) return
    this.#ways[way + EPOCH] = 0
    this.#ways[way + PAGE] = 0
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
    // 2^31 flushes of one CPU take days even in virtual time, but an epoch used twice would revive dead entries.
    if (this.#nextEpoch === 0x7fffffff) {
      this.#ways.fill(0)
      this.#nextEpoch = 1
    }
    return this.#nextEpoch++
  }

  /**
   * For the oracle: does an entry for the page exist that was filled before `stamp` and is stale in a
   * way that matters? Counts entries whose frame is `frame` (any, if -1) and that grant a permission
   * that `allowed` does not (every entry, if `allowed` is 0: the page is gone).
   */
  holdsStale(page: number, epoch: number, stamp: number, frame: number, allowed: number): boolean {
    const index = page >>> LEVEL_BITS
    const { smallWays, largeWays, secondWays } = this.#geometry
    return (
      this.#isStale(
        this.#search(0, this.#smallSets, smallWays, page, page, epoch),
        0,
        stamp,
        frame,
        allowed,
      ) ||
      this.#isStale(
        this.#search(this.#secondBase, this.#secondSets, secondWays, page, page, epoch),
        0,
        stamp,
        frame,
        allowed,
      ) ||
      this.#isStale(
        this.#search(this.#largeBase, this.#largeSets, largeWays, index | LARGE_KEY, index, epoch),
        page,
        stamp,
        frame,
        allowed,
      ) ||
      this.#isStale(
        this.#search(this.#secondBase, this.#secondSets, secondWays, index | LARGE_KEY, index, epoch),
        page,
        stamp,
        frame,
        allowed,
      )
    )
  }

  #isStale(way: number, page: number, stamp: number, frame: number, allowed: number): boolean {
    if (way < 0 || ((this.#ways[way + STAMP] - stamp) | 0) >= 0) return false
    const entry = this.#ways[way + ENTRY]
    const offset = page & ((1 << LEVEL_BITS) - 1)
    if (frame >= 0 && (entry >>> FRAME_SHIFT) + offset !== frame) return false
    return allowed === 0 || (entry & ~allowed & PERMISSIONS) !== 0
  }
}

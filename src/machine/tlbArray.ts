import { FRAME_SHIFT, PAGES_PER_LARGE, PERMISSIONS } from '../contract/page.js'

/** Words of a way: key, epoch, entry as cached, stamp of the oracle's clock at the walk that filled it. */
const KEY = 0
export const EPOCH = 1
export const ENTRY = 2
export const STAMP = 3
const WAY_WORDS = 4

/** An epoch that is never current: the way is free. */
const DEAD = 0

/** One set-associative array of a TLB, first in, first out. Ways are named by their word index. */
export class TlbArray {
  readonly ways: Int32Array
  /** Sets are a power of two (src/machine/profile.ts): their number less one. */
  readonly #setMask: number
  readonly #wayCount: number
  /** When each way was filled, in fills; a dropped way is filled out of turn, so no pointer could tell the oldest. */
  readonly #filledAt: Int32Array
  #fills = 0
  /** Key that the last `place` wrote over, whatever its epoch; 0: none. */
  evicted = 0

  constructor(entries: number, wayCount: number) {
    this.#setMask = entries / wayCount - 1
    this.#wayCount = wayCount
    this.ways = new Int32Array(entries * WAY_WORDS)
    this.#filledAt = new Int32Array(entries)
  }

  /** @param index what selects the set: the page number without its size mark */
  find(key: number, index: number, epoch: number): number {
    const { ways } = this
    const start = (index & this.#setMask) * this.#wayCount * WAY_WORDS
    const end = start + this.#wayCount * WAY_WORDS
    for (let way = start; way < end; way += WAY_WORDS) {
      if (ways[way] === key && ways[way + EPOCH] === epoch) return way
    }
    return -1
  }

  /** Replaces the entry of the same key if there is one, else a dropped way, else the oldest. */
  place(key: number, index: number, epoch: number, entry: number, stamp: number): number {
    const { ways } = this
    let way = this.find(key, index, epoch)
    if (way < 0) {
      way = this.#replaceable((index & this.#setMask) * this.#wayCount * WAY_WORDS)
      this.#filledAt[way / WAY_WORDS] = this.#fills
      this.#fills = (this.#fills + 1) | 0
    }
    this.evicted = ways[way]
    ways[way] = key
    ways[way + EPOCH] = epoch
    ways[way + ENTRY] = entry
    ways[way + STAMP] = stamp
    return way
  }

  #replaceable(start: number): number {
    const filledAt = this.#filledAt
    let oldest = start
    for (let way = start; way < start + this.#wayCount * WAY_WORDS; way += WAY_WORDS) {
      if (this.ways[way + EPOCH] === DEAD) return way
      if (((filledAt[way / WAY_WORDS] - filledAt[oldest / WAY_WORDS]) | 0) < 0) oldest = way
    }
    return oldest
  }

  drop(key: number, index: number, epoch: number): void {
    const way = this.find(key, index, epoch)
    if (way < 0) return
    this.ways[way + KEY] = 0
    this.ways[way + EPOCH] = DEAD
  }

  clear(): void {
    this.ways.fill(0)
  }

  /**
   * For the oracle: is there an entry that was filled before `stamp`, names `frame` (any, if -1) and
   * grants a permission that `allowed` does not (any entry, if `allowed` is 0), with all flags of `needed`?
   * @param offset 4 KiB pages into a large page
   */
  holdsStale(
    key: number,
    index: number,
    epoch: number,
    offset: number,
    stamp: number,
    frame: number,
    allowed: number,
    needed: number,
  ): boolean {
    const way = this.find(key, index, epoch)
    if (way < 0 || ((this.ways[way + STAMP] - stamp) | 0) >= 0) return false
    const entry = this.ways[way + ENTRY]
    if (frame >= 0 && (entry >>> FRAME_SHIFT) + (offset % PAGES_PER_LARGE) !== frame) return false
    if ((entry & needed) !== needed) return false
    return allowed === 0 || (entry & ~allowed & PERMISSIONS) !== 0
  }
}

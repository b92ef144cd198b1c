import { LEVEL_BITS } from '../contract/page.js'
import { COST_EXPIRY_STAMP } from './costs.js'
import type { Meter } from './costs.js'
import { EXPIRY_TICK_NS, type Expiries } from './expiries.js'
import type { Tlb } from './tlb.js'

/** Fills that have not expired; with more of them the oldest goes before its time. A power of two. */
const RING = 1 << 13
/** Of a fill: page, epoch, expiry, whether it maps 2 MiB. */
const PAGE = 0
const EPOCH = 1
const EXPIRY = 2
const LARGE = 3
const FILL_WORDS = 4

/**
 * What makes one CPU's TLB entries expire. All leases are of one length, so entries expire in the order in
 * which they were filled: a ring of the fills beside the TLB says what to drop next, and the TLB itself is
 * what it is without. Whoever runs the CPU calls `dropExpired` before each run of accesses.
 */
export class Lease {
  readonly #expiries: Expiries
  readonly #tlb: Tlb
  readonly #meter: Meter
  readonly #nowNs: () => number
  readonly #leaseNs: number
  readonly #marginTicks: number
  readonly #ring = new Int32Array(RING * FILL_WORDS)
  /** Per low bits of the page the number of its last fill: an earlier one is over when that comes. */
  readonly #lastFill = new Int32Array(RING)
  #head = 0
  #tail = 0

  /**
   * @param nowNs the clock that all CPUs have in common
   * @param marginTicks by which two CPUs' readings of it may differ: what is stamped is so much later than what
   *   this CPU's own entry gets
   */
  constructor(
    expiries: Expiries,
    tlb: Tlb,
    meter: Meter,
    nowNs: () => number,
    leaseNs: number,
    marginTicks: number,
  ) {
    this.#expiries = expiries
    this.#tlb = tlb
    this.#meter = meter
    this.#nowNs = nowNs
    this.#leaseNs = leaseNs
    this.#marginTicks = marginTicks
  }

  /** The walker is about to read an entry that it may cache. @returns the expiry of what is cached */
  stamp(entryWord: number): number {
    const expiry = Math.ceil((this.#nowNs() + this.#leaseNs) / EXPIRY_TICK_NS) | 0
    this.#expiries.raise(entryWord, (expiry + this.#marginTicks) | 0)
    this.#meter.charge(COST_EXPIRY_STAMP, 1)
    return expiry
  }

  /** The TLB has got what the walk found. */
  filled(page: number, epoch: number, isLarge: boolean, expiry: number): void {
    if (((this.#tail - this.#head) | 0) === RING) this.#dropOldest()
    const at = this.#at(this.#tail)
    this.#ring[at + PAGE] = page
    this.#ring[at + EPOCH] = epoch
    this.#ring[at + EXPIRY] = expiry
    this.#ring[at + LARGE] = isLarge ? 1 : 0
    this.#lastFill[page & (RING - 1)] = this.#tail
    this.#tail = (this.#tail + 1) | 0
  }

  #at(fill: number): number {
    return (fill & (RING - 1)) * FILL_WORDS
  }

  /** When the next entry expires, nanoseconds of the common clock; Infinity: none will. */
  get nextNs(): number {
    if (this.#head === this.#tail) return Infinity
    return this.#ring[this.#at(this.#head) + EXPIRY] * EXPIRY_TICK_NS
  }

  dropExpired(nowNs: number): void {
    while (this.nextNs <= nowNs) this.#dropOldest()
  }

  #dropOldest(): void {
    const at = this.#at(this.#head)
    const page = this.#ring[at + PAGE]
    const epoch = this.#ring[at + EPOCH]
    if (!this.#isFilledAgain(this.#head, page, epoch)) this.#tlb.drop(page, epoch)
    this.#head = (this.#head + 1) | 0
  }

  /** Where another page has taken its place in the table nobody knows: then it goes with the earlier fill. */
  #isFilledAgain(fill: number, page: number, epoch: number): boolean {
    const last = this.#lastFill[page & (RING - 1)]
    const at = this.#at(last)
    return last !== fill && this.#ring[at + PAGE] === page && this.#ring[at + EPOCH] === epoch
  }

  /** For the oracle: is what the TLB holds of the page still used at this time? Only of pages that it holds. */
  isLive(page: number, epoch: number, nowNs: number): boolean {
    for (let fill = (this.#tail - 1) | 0; ((fill - this.#head) | 0) >= 0; fill = (fill - 1) | 0) {
      const at = this.#at(fill)
      if (this.#ring[at + EPOCH] !== epoch || !this.#isOf(at, page)) continue
      return this.#ring[at + EXPIRY] * EXPIRY_TICK_NS > nowNs
    }
    return true
  }

  #isOf(at: number, page: number): boolean {
    const filled = this.#ring[at + PAGE]
    if (this.#ring[at + LARGE] === 0) return filled === page
    return filled >>> LEVEL_BITS === page >>> LEVEL_BITS
  }
}

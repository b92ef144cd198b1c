import { hasPassed, type Expiries } from '../../machine/expiries.js'
import type { Arena } from './arena.js'
import { TICK_NS, type Clock } from './clock.js'
import type { HeldEntries } from './heldEntries.js'

/**
 * Entries that expire, by the clock of the search: what is cached at a time is gone when the clock has got
 * to that time and the lease, in whole ticks. That a wait can be over at any moment (clock.ts) changes
 * nothing: the clock then shows what was waited for, and the TLB refuses the entry by the same clock.
 *
 * A walk stamps, reads and caches in one action. In parts it could only stamp earlier.
 */
export class Expiring {
  readonly #arena: Arena
  readonly #clock: Clock
  readonly #held: HeldEntries
  readonly #expiries: Expiries
  readonly #leaseTicks: number
  readonly #cpuCount: number

  constructor(
    arena: Arena,
    clock: Clock,
    held: HeldEntries,
    expiries: Expiries,
    leaseNs: number,
    cpuCount: number,
  ) {
    this.#cpuCount = cpuCount
    this.#arena = arena
    this.#clock = clock
    this.#held = held
    this.#expiries = expiries
    this.#leaseTicks = Math.max(1, Math.ceil(leaseNs / TICK_NS))
  }

  /** Of what is cached now. */
  get expiry(): number {
    return this.#clock.now + this.#leaseTicks
  }

  /** A leaf entry is about to be cached. */
  stamp(entryWord: number): void {
    const word = this.#expiries.wordOf(entryWord)
    if (this.#arena.words[word] < this.expiry) this.#arena.set(word, this.expiry)
  }

  hasPassed(expiry: number): boolean {
    return hasPassed(expiry, this.#clock.now)
  }

  /** The clock has moved. */
  dropExpired(): void {
    const { now } = this.#clock
    for (let cpu = 0; cpu < this.#cpuCount; cpu++) {
      for (let index = 0; index < this.#held.pages.length; index++) {
        const expiry = this.#held.expiry(cpu, index)
        if (expiry !== 0 && expiry <= now) this.#held.drop(cpu, index)
      }
    }
  }
}

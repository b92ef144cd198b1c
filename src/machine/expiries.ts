import { NEVER_EXPIRES } from '../contract/hardware.js'
import { ENTRIES_PER_TABLE } from '../contract/page.js'
import type { Layout } from './layout.js'
import type { Memory } from './memory.js'
import { TABLE_WORDS } from './tables.js'
import type { MachineWords } from './words.js'

/** Nanoseconds of the clock that expiries are in, where nothing else is said. */
export const EXPIRY_TICK_NS = 1000

/**
 * Words of entries that expire. Placed behind all others, and only for a strategy that needs them: every
 * other word is where it is without.
 */
export interface ExpiryWords {
  /** One beside each entry of each table page: when the last TLB entry for it expires; 0 if there was none. */
  readonly latest: number
  /** When the clock began, for CPUs that have no clock in common. */
  readonly clockStart: number
}

export function placeExpiries(layout: Layout, machine: MachineWords): ExpiryWords {
  return {
    latest: layout.run('expiries', machine.tableCount * ENTRIES_PER_TABLE),
    clockStart: layout.run('expiryClockStart', 1),
  }
}

/** An expiry, or a time of the same clock, is 32 bits of ticks and compared by signed difference. */
export function hasPassed(expiry: number, nowTicks: number): boolean {
  return expiry !== NEVER_EXPIRES && ((Math.floor(nowTicks) - expiry) | 0) >= 0
}

/** The latest expiry of what any TLB holds of a page-table entry, beside the entry. It never goes back. */
export class Expiries {
  readonly #memory: Memory
  readonly #tables: number
  readonly #latest: number

  constructor(memory: Memory, machine: MachineWords, words: ExpiryWords) {
    this.#memory = memory
    this.#tables = machine.tables
    this.#latest = words.latest
  }

  wordOf(entryWord: number): number {
    const offset = entryWord - this.#tables
    const index = offset % TABLE_WORDS
    return this.#latest + ((offset - index) / TABLE_WORDS) * ENTRIES_PER_TABLE + index
  }

  latest(entryWord: number): number {
    return this.#memory.load(this.wordOf(entryWord))
  }

  /** An atomic maximum. */
  raise(entryWord: number, expiry: number): void {
    const word = this.wordOf(entryWord)
    let seen = this.#memory.load(word)
    while (((expiry - seen) | 0) > 0) {
      const before = this.#memory.compareExchange(word, seen, expiry)
      if (before === seen) return
      seen = before
    }
  }
}

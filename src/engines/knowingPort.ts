import type { Port } from '../contract/port.js'
import type { Ticket } from '../contract/ticket.js'
import { COUNT_COHERENCE_MESSAGES } from '../machine/counters.js'
import { EXPIRY_TICK_NS, hasPassed } from '../machine/expiries.js'
import { COST_COHERENCE_MESSAGE, COST_DIRECTORY_LOOK_UP, COST_DIRECTORY_MESSAGE } from '../machine/costs.js'
import { CommandPort } from './commandPort.js'

const NO_DIRECTORY =
  "the strategy asks a directory, which this machine has not: its module must say needs: ['directory'], and the profile must have it"

/** What of a port is for TLBs that know more than today's (src/contract/hardware.ts), and the same in every engine. */
export abstract class KnowingPort extends CommandPort implements Port {
  /** What the clock that all CPUs have in common shows more than this one's. */
  sharedAheadNs = 0
  /** By how many ticks the readings of two CPUs may differ. */
  readonly clockMarginTicks: number = 0

  /** Nanoseconds of the clock that all CPUs have in common, by which entries expire. */
  sharedNs(): number {
    return this.now() + this.sharedAheadNs
  }

  /** As `sharedNs`, and no later than that of any CPU at its next step: what has expired by it is not used again. */
  presentNs(): number {
    return this.sharedNs()
  }

  hasExpired(expiry: number): boolean {
    return hasPassed(expiry, this.presentNs() / EXPIRY_TICK_NS)
  }

  untilExpired(expiry: number): Ticket {
    return this.at(expiry * EXPIRY_TICK_NS - this.sharedAheadNs)
  }

  invalidateSharers(space: number, firstPage: number, pageCount: number): void {
    if (this.cell.drops === null) throw new Error(NO_DIRECTORY)
    this.meter.charge(COST_DIRECTORY_LOOK_UP, pageCount)
    this.#drop(space, firstPage, pageCount, true, COST_DIRECTORY_MESSAGE)
  }

  /**
   * Coherence: an entry was written.
   * @param isTable a directory's, so that the paging-structure caches go too
   */
  entryWritten(space: number, page: number, isTable: boolean): void {
    this.#drop(space, page, 1, isTable, COST_COHERENCE_MESSAGE)
  }

  #drop(space: number, firstPage: number, pageCount: number, isWhole: boolean, cost: number): void {
    const messages = this.sendDrop(space, firstPage, pageCount, isWhole)
    this.counters[COUNT_COHERENCE_MESSAGES] += messages
    this.meter.charge(cost, messages)
  }

  /**
   * Hardware drops pages from every TLB, this CPU's included, by `dropHere`: done when it returns.
   * @param isWhole the paging-structure caches too
   * @returns messages that it took, as far as they are not counted where they arrive
   */
  protected abstract sendDrop(space: number, firstPage: number, pageCount: number, isWhole: boolean): number
}

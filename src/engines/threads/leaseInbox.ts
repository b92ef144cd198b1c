import type { Lease } from '../../machine/lease.js'
import type { Inbox } from './inbox.js'

/** The inbox of a worker whose TLB entries expire: those whose time has come go at every look, before the next step. */
export class LeaseInbox implements Inbox {
  readonly #interrupts: Inbox
  readonly #lease: Lease
  readonly #nowNs: () => number

  constructor(interrupts: Inbox, lease: Lease, nowNs: () => number) {
    this.#interrupts = interrupts
    this.#lease = lease
    this.#nowNs = nowNs
  }

  hasArrived(): boolean {
    // No look at the clock where nothing can expire.
    if (this.#lease.nextNs < Infinity) this.#lease.dropExpired(this.#nowNs())
    return this.#interrupts.hasArrived()
  }

  take(): void {
    this.#interrupts.take()
  }

  mayTick(): boolean {
    return this.#interrupts.mayTick()
  }

  ticksAtRest(): boolean {
    return this.#interrupts.ticksAtRest()
  }

  begin(): void {
    this.#interrupts.begin()
  }

  end(): void {
    this.#interrupts.end()
  }
}

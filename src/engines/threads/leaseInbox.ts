import type { Lease } from '../../machine/lease.js'
import type { Inbox } from './inbox.js'
import { InboxBefore } from './inboxBefore.js'

/** The inbox of a worker whose TLB entries expire: those whose time has come go at every look, before the next step. */
export class LeaseInbox extends InboxBefore {
  readonly #lease: Lease
  readonly #nowNs: () => number

  constructor(interrupts: Inbox, lease: Lease, nowNs: () => number) {
    super(interrupts)
    this.#lease = lease
    this.#nowNs = nowNs
  }

  hasArrived(): boolean {
    // No look at the clock where nothing can expire.
    if (this.#lease.nextNs < Infinity) this.#lease.dropExpired(this.#nowNs())
    return this.interrupts.hasArrived()
  }
}

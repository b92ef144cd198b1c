import { BROADCAST } from './doorbell.js'
import type { Inbox } from './inbox.js'
import { InboxBefore } from './inboxBefore.js'

/**
 * The inbox of a worker whose strategy needs broadcasts: what has been broadcast is taken at every look,
 * also where interrupts are off. Made for such workers alone, so that no other pays for it.
 */
export class BroadcastInbox extends InboxBefore {
  readonly #words: Int32Array<SharedArrayBuffer>
  readonly #mailbox: number
  readonly #takeBroadcasts: () => void

  constructor(
    interrupts: Inbox,
    words: Int32Array<SharedArrayBuffer>,
    mailbox: number,
    takeBroadcasts: () => void,
  ) {
    super(interrupts)
    this.#words = words
    this.#mailbox = mailbox
    this.#takeBroadcasts = takeBroadcasts
  }

  hasArrived(): boolean {
    if (Atomics.load(this.#words, this.#mailbox) !== 0) {
      // The bit goes first: what is broadcast after the look sets it again.
      Atomics.and(this.#words, this.#mailbox, ~BROADCAST)
      this.#takeBroadcasts()
    }
    return this.interrupts.hasArrived()
  }

  /** The mailbox is emptied, with the bit of broadcasts that may have come since the look. */
  override take(): void {
    super.take()
    this.#takeBroadcasts()
  }
}

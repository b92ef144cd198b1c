import type { Cpu } from '../cpu.js'
import type { Inbox } from './inbox.js'
import { InboxBefore } from './inboxBefore.js'

/**
 * The inbox of a worker whose strategy polls: it looks wherever the worker looks for interrupts, which it
 * does between bursts and kernel steps, while it waits and while it rests. Made for such workers alone, so
 * that no other pays for it.
 */
export class PollingInbox extends InboxBefore {
  readonly #cpu: Cpu

  constructor(interrupts: Inbox, cpu: Cpu) {
    super(interrupts)
    this.#cpu = cpu
  }

  hasArrived(): boolean {
    const hasArrived = this.interrupts.hasArrived()
    const { kernel, watch, strategy, port } = this.#cpu
    if (!kernel.isUninterruptible) {
      // What counts for walks is judged before it is flushed.
      watch.pollWalks()
      strategy.polled?.(port)
    }
    return hasArrived
  }
}

import type { Placed } from '../contract/strategy.js'
import type { Layout } from '../machine/layout.js'

/** Of a sender: how many broadcasts it has sent, then the last SENT_SLOTS of them. */
export const SENT_COUNT = 0
export const SENT_AT = 1
export const SENT_SLOTS = 32
/** Of one of them. */
export const SENT_TAG = 0
export const SENT_FIRST = 1
export const SENT_PAGES = 2
export const SENT_STRIDE = 3
export const SENT_WORDS = 4

/**
 * Words of broadcasts under way. Placed behind all others, and only for a strategy that needs broadcasts:
 * every other word is where it is without.
 */
export interface BroadcastWords {
  /** Per CPU: deliveries of its broadcasts that are outstanding, which its sync waits for. */
  readonly undelivered: Placed
  /** Per CPU what it has sent, for the engine in which each CPU looks for itself. */
  readonly sent: Placed
}

export function placeBroadcasts(layout: Layout, cpuCount: number): BroadcastWords {
  return {
    undelivered: layout.lines('undelivered', cpuCount),
    sent: layout.lines('sentBroadcasts', cpuCount, SENT_AT + SENT_SLOTS * SENT_WORDS),
  }
}

import { CLAIM_IN_HAND } from '../machine/words.js'
import type { Context } from './context.js'
import { claimListOf } from './frameSupply.js'

/**
 * Frames that are neither mapped nor on any list: freed by an operation that has not ended, or taken by
 * a fault that has not installed them. They will be on a list or mapped soon, so a CPU that finds no
 * frame anywhere must not say that all are mapped while another one has some in hand.
 *
 * Said before the first frame leaves the page table, and taken back when the last one is on a list
 * again: in between, a CPU that holds the locks of all lists would see the frame nowhere.
 */

/** An operation is open that sets frames free. */
export const HAND_OPERATION = 1 << 0
/** A fault has a frame for its page. */
export const HAND_FAULT = 1 << 1

/** Only this CPU writes the word. */
export function setInHand(context: Context, what: number, has: boolean): void {
  const { memory } = context
  const word = claimListOf(context) + CLAIM_IN_HAND
  const before = memory.peek(word)
  const after = has ? before | what : before & ~what
  if (after !== before) memory.store(word, after)
}

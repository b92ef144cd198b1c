import type { Context } from './context.js'
import { HANDLE_SPACE } from '../machine/words.js'
import { goTo, RETRY, waitFor, type Outcome } from './routine.js'
import { BUSY } from './softBits.js'

/**
 * The last part of a fault where each CPU has a page table of its own (RadixVM): the shared table has the
 * page, this CPU's has not. The entry is locked from before this CPU is published until it is filled, as
 * RadixVM locks the page's slot. Looked at twice instead, it could be emptied in between, this CPU taken out of
 * those published, and the page be there again at the second look.
 */
export function isMissingHere({ ownTable }: Context, page: number): boolean {
  return ownTable !== null && !ownTable.has(page)
}

/** Locks the entry, if this CPU has not; the strategy then publishes this CPU, and the routine goes on in `published`. */
export function publishHere(
  context: Context,
  handle: number,
  page: number,
  word: number,
  entry: number,
  published: number,
): Outcome {
  const { p, memory, port, strategy, tables } = context
  const isLocked = (entry & BUSY) !== 0
  if (!isLocked && memory.compareExchange(word, entry, entry | BUSY) !== entry) return RETRY
  if (strategy.filling === undefined) return goTo(p, published)
  const space = memory.load(handle + HANDLE_SPACE)
  return waitFor(p, strategy.filling(port, space, page, tables.entryIndex(word)), published)
}

/** Whether a fault that makes a page present ends with a private fill of the strategy's. */
export function fillsPrivately({ strategy, ownTable }: Context): boolean {
  return strategy.filling !== undefined && ownTable === null
}

export function fillHere({ memory, ownTable }: Context, page: number, word: number): void {
  ownTable?.fill(page)
  memory.and(word, ~BUSY)
}

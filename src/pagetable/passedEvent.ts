import { IO } from '../contract/obligation.js'
import { DIRTY, WRITABLE } from '../contract/page.js'

/** The levels whose entries an event can be about. */
export const LEVEL_LEAF = 1
/** A directory entry: the leaf table below it was taken out. */
export const LEVEL_DIRECTORY = 2

/**
 * What a translation must look like to be stale and to count, and the obligation for which it must not
 * be there any more. One object per CPU, filled anew for each event: whoever keeps one copies it.
 */
export interface PassedEvent {
  /** The one whose event passes; for a change that was just made, all that it owes. */
  obligation: number
  /** The CPU that made the change. */
  owner: number
  space: number
  page: number
  /** LEVEL_LEAF, or LEVEL_DIRECTORY: then walks and paging-structure caches count, and `frame` is a table page. */
  level: number
  /** A translation filled before this reading of the oracle's clock is older than the change. */
  stamp: number
  /** The frame that it must name, or -1 for any. */
  frame: number
  /** The flags that it may still grant; 0: it must not exist. */
  allowed: number
  /** Flags that it must have, all of them, to do any harm. */
  needed: number
}

export function emptyEvent(): PassedEvent {
  return {
    obligation: 0,
    owner: 0,
    space: 0,
    page: 0,
    level: LEVEL_LEAF,
    stamp: 0,
    frame: -1,
    allowed: 0,
    needed: 0,
  }
}

/**
 * Stores through a clean entry walk again and see the page table; only those through an entry that is
 * writable and dirty leave no trace there, and the write-out misses them.
 */
export function neededFor(obligations: number): number {
  return obligations === IO ? WRITABLE | DIRTY : 0
}

/** Makes the event that of a page that is gone, whatever frame it had. */
export function fillEvent(
  event: PassedEvent,
  obligation: number,
  owner: number,
  space: number,
  page: number,
  stamp: number,
): PassedEvent {
  event.obligation = obligation
  event.owner = owner
  event.space = space
  event.page = page
  event.level = LEVEL_LEAF
  event.stamp = stamp
  event.frame = -1
  event.allowed = 0
  event.needed = neededFor(obligation)
  return event
}

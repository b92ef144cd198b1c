import { MOST_PARTS } from './parts.js'

/**
 * Where a CPU stands in the kernel, as words: a stack of routines and the registers that they share.
 * No routine keeps anything in a JavaScript object between two steps, so that an engine can look at
 * a CPU that hangs, and the explorer can copy, hash and put back a state.
 */

/** Depth of the routine stack, and the ticket that the topmost routine waits for (0: none). */
export const DEPTH = 0
export const TICKET = 1
/** What the last hook ended with, and what the last routine returned. */
export const TICKET_RESULT = 2
export const RESULT = 3
/** The space this CPU runs, and how many spaces deep its operations are. */
export const SPACE = 4
export const OPERATION_DEPTH = 5
export const OPERATION_ID = 6
/** Change log of the outermost open operation. */
export const LOG_COUNT = 7
/** Whether another operation was open on the space when the outermost one began, and the count of begun ones then. */
export const CROWDED = 9
export const BEGAN_AT = 10
/** Frames that the open operation has set free but not disposed of, those on the held list when it began, and the most of both so far. */
export const HELD_OPEN = 12
export const HELD_PEAK = 13
export const HELD_LISTED = 19
/** 1: this CPU takes neither interrupts nor ticks. */
export const INTERRUPTS_OFF = 14
/** The leaf table that a software walker of this CPU has in hand (0: none), since which reading, for which page. */
export const WALK_TABLE = 15
export const WALK_STAMP = 17
export const WALK_SPACE = 21
export const WALK_PAGE = 22
/** The space of the outermost open operation. */
export const OUTER_SPACE = 18
/** The id of the open batch; its parts have ids of their own. */
export const BATCH_ID = 20
/** 1: the CPU has nothing to run, or is on its way in or out of that. */
export const CPU_IDLE = 23
/** One word for each part: the serial that this CPU had issued last when the outermost operation began. Later ones are its own. */
export const SERIAL_AT_BEGIN = 24
/** One word for each part: the last change, or the last unsettled one of the operation that ended last. */
export const LAST_SERIAL: number = SERIAL_AT_BEGIN + MOST_PARTS
/** What a demand names and has not asked for yet: the changes of other parts. */
export const DEMAND_REST: number = LAST_SERIAL + MOST_PARTS
/** One word for each arena: the first entry of its held-address ring that belongs to the outermost open operation. */
export const ADDRESS_MARK: number = DEMAND_REST + 1
export const FRAMES_AT: number = ADDRESS_MARK + 2

/** A routine's frame: which one, its phase, its locals. */
export const ROUTINE = 0
export const PHASE = 1
export const LOCALS = 2
export const FRAME_SIZE = 12
export const MAX_DEPTH = 6
export const POSITION_WORDS: number = FRAMES_AT + MAX_DEPTH * FRAME_SIZE

/** A page adds three entries at most: what another CPU has left unsettled there, the change itself, and its table's. */
export const LOG_ITEMS_PER_PAGE = 3
/** What one demand asks for at most beside the open changes of the CPU that waits: one round pays for many. */
export const MOST_ASKED = 64
export function demandItemsFor(logItems: number): number {
  return MOST_ASKED + logItems
}

/** One entry of the change log. */
export const LOG_WORD = 0
export const LOG_SPACE = 1
export const LOG_PAGE = 2
export const LOG_OWNER = 3
export const LOG_SERIAL = 4
export const LOG_TAG = 5
export const LOG_STAMP = 6
/** Frame that the change set free, or -1. */
export const LOG_FRAME = 7
export const LOG_BITS = 8
/** Flags that the new entry allows; 0 where the page is gone. */
export const LOG_ALLOWED = 9
/** Obligations for which a demand has settled the change, apart from LOG_IS_SETTLED. */
export const LOG_EVIDENCE = 10
/** Table page that the change took out of the tree, or -1. */
export const LOG_TABLE = 11
export const LOG_WORDS = 12

/** Bits of LOG_BITS: the obligations, and above them what has happened to the change. */
export const LOG_IS_SETTLED = 1 << 16
export const LOG_IS_UNLOCKED = 1 << 17
/** Another CPU's unsettled change that this operation found in its range. */
export const LOG_IS_INHERITED = 1 << 18
/** The entry was unlocked before the change was settled, and marked as pending. */
export const LOG_IS_MARKED = 1 << 19
/** The address stays mapped and may be populated again by a fault. */
export const LOG_KEEPS_ADDRESS = 1 << 20

/** Where the stack's top frame begins. */
export function top(p: Int32Array): number {
  return FRAMES_AT + (p[DEPTH] - 1) * FRAME_SIZE
}

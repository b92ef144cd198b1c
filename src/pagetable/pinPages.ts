import { reachedSerial } from '../contract/change.js'
import { ENTRIES_PER_TABLE, FRAME_SHIFT, LARGE, LEVEL_BITS, LEVELS, PRESENT, USER } from '../contract/page.js'
import { COST_ATOMIC, COST_SYSTEM_CALL, COST_WALK_LEVEL } from '../machine/costs.js'
import { COUNT_PASSED_OVER } from '../machine/counters.js'
import { HANDLE_FIRST, HANDLE_MAPPED, SPACE_ROOT } from '../machine/words.js'
import type { Context } from './context.js'
import { handleAt } from './handle.js'
import type { PassedEvent } from './passedEvent.js'
import {
  INTERRUPTS_OFF,
  LOCALS,
  PHASE,
  SPACE,
  WALK_PAGE,
  WALK_SPACE,
  WALK_STAMP,
  WALK_TABLE,
} from './position.js'
import { pop, RAN, type Outcome } from './routine.js'
import { BUSY } from './softBits.js'

/**
 * get_user_pages_fast: pins pages without a lock, by walking the tables in software. What keeps a table
 * from being freed under it is that interrupts are off: whoever frees one has to interrupt this CPU and
 * wait for it (Linux mm/gup.c). One level a step; the entry is read again once its frame is pinned, and
 * the pin is given back at once, so frames are not held by it.
 */

const OFF = 0
const DESCEND = 1
const PIN = 2
const CHECK = 3

const HANDLE = LOCALS
/** Pages of the range, relative to the mapping: the next one and the end. */
const NEXT = LOCALS + 1
const END = LOCALS + 2
const PAGE = LOCALS + 3
const TABLE = LOCALS + 4
const LEVEL = LOCALS + 5
const ENTRY = LOCALS + 6
const WORD = LOCALS + 7

export function stepPinPages(context: Context, at: number): Outcome {
  const { p, memory } = context
  switch (p[at + PHASE]) {
    case OFF: {
      context.meter.charge(COST_SYSTEM_CALL, 1)
      p[INTERRUPTS_OFF] = 1
      const handle = handleAt(context, p[at + HANDLE])
      if (memory.load(handle + HANDLE_MAPPED) === 0) return finish(context, at)
      p[at + PAGE] = memory.load(handle + HANDLE_FIRST) + p[at + NEXT]
      return beginPage(context, at)
    }
    case DESCEND:
      return descend(context, at)
    case PIN:
      return pin(context, at)
    default: {
      const isSame = memory.load(p[at + WORD]) >>> FRAME_SHIFT === p[at + ENTRY] >>> FRAME_SHIFT
      return endPage(context, at, isSame)
    }
  }
}

function beginPage(context: Context, at: number): Outcome {
  const { p, memory, words } = context
  if (p[at + NEXT] === p[at + END]) return finish(context, at)
  p[at + TABLE] = memory.peek(words.spaces.base + p[SPACE] * words.spaces.stride + SPACE_ROOT)
  p[at + LEVEL] = LEVELS
  p[at + PHASE] = DESCEND
  return RAN
}

function descend(context: Context, at: number): Outcome {
  const { p, memory, tables, witness } = context
  context.meter.charge(COST_WALK_LEVEL, 1)
  const word = tables.entryWord(p[at + TABLE], p[at + LEVEL], p[at + PAGE])
  // The reading comes first: a table that is taken out in between is older than what this walk saw.
  const reading = witness.reading(word)
  const entry = memory.load(word)
  if ((entry & PRESENT) === 0 || (entry & LARGE) !== 0) return endPage(context, at, false)
  p[at + TABLE] = entry >>> FRAME_SHIFT
  p[at + LEVEL]--
  if (p[at + LEVEL] > 1) return RAN
  p[WALK_TABLE] = p[at + TABLE]
  p[WALK_STAMP] = reading
  p[WALK_SPACE] = p[SPACE]
  p[WALK_PAGE] = p[at + PAGE]
  p[at + PHASE] = PIN
  return RAN
}

function pin(context: Context, at: number): Outcome {
  const { p, memory, tables } = context
  context.meter.charge(COST_WALK_LEVEL, 1)
  const word = tables.entryWord(p[at + TABLE], 1, p[at + PAGE])
  const entry = memory.load(word)
  if ((entry & (PRESENT | USER)) !== (PRESENT | USER) || (entry & BUSY) !== 0)
    return endPage(context, at, false)
  context.meter.charge(COST_ATOMIC, 1)
  p[at + WORD] = word
  p[at + ENTRY] = entry
  p[at + PHASE] = CHECK
  return RAN
}

function endPage(context: Context, at: number, isPinned: boolean): Outcome {
  const { p } = context
  if (!isPinned) context.witness.count(COUNT_PASSED_OVER, 1)
  p[at + NEXT]++
  p[at + PAGE]++
  // The next entry stands in the table that is in hand already.
  const isBelow = p[WALK_TABLE] !== 0 && p[at + PAGE] % ENTRIES_PER_TABLE !== 0
  if (isBelow && p[at + NEXT] < p[at + END]) {
    p[at + PHASE] = PIN
    return RAN
  }
  p[WALK_TABLE] = 0
  return beginPage(context, at)
}

function finish(context: Context, at: number): Outcome {
  const { p } = context
  if (p[at + NEXT] < p[at + END]) context.witness.count(COUNT_PASSED_OVER, p[at + END] - p[at + NEXT])
  p[INTERRUPTS_OFF] = 0
  return pop(p, 0)
}

/** Whether this CPU's walker has the table of the event in hand, since before it was taken out of the tree. */
export function isWalkerIn(p: Int32Array, event: PassedEvent): boolean {
  return (
    p[WALK_TABLE] !== 0 &&
    p[WALK_TABLE] === event.frame &&
    p[WALK_SPACE] === event.space &&
    p[WALK_PAGE] >>> LEVEL_BITS === event.page >>> LEVEL_BITS &&
    !reachedSerial(p[WALK_STAMP], event.stamp)
  )
}

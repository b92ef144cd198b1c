import { FRAME_REUSE } from '../contract/obligation.js'
import { FRAME_SHIFT, PRESENT } from '../contract/page.js'
import { SETTLED } from '../contract/ticket.js'
import { COST_ENTRY_WRITE } from '../machine/costs.js'
import { OWNER_OFFSET, SERIAL_OFFSET, STAMP_OFFSET, TAG_OFFSET } from '../machine/tables.js'
import { addToLog, logEntry } from './changeLog.js'
import type { Context } from './context.js'
import { unlockItem } from './dispose.js'
import { freeFrame, noteHeld, tryLockFree, unlockFree } from './frameSupply.js'
import { fillEvent, LEVEL_LEAF, neededFor } from './passedEvent.js'
import {
  HELD_OPEN,
  LOG_BITS,
  LOG_COUNT,
  LOG_FRAME,
  LOG_IS_SETTLED,
  LOG_KEEPS_ADDRESS,
  LOG_OWNER,
  LOG_SERIAL,
  LOG_TAG,
  TICKET_RESULT,
} from './position.js'
import {
  allowedBy,
  fillChange,
  KIND,
  newEntry,
  OPERATION,
  ownsFrame,
  PAGE,
  SPACE_OF,
  unmaps,
  WORD,
} from './rangeEdit.js'
import { RETRY, waitFor, type Outcome } from './routine.js'
import { hasIssued, issuedWord, noteLast, ownerFor } from './serials.js'
import { BUSY, PENDING } from './softBits.js'
import { tellChanged } from './tellChanged.js'

/**
 * One change of an operation over a range: lock and write the entry, issue the serial, tell the strategy.
 * The order of these is THE INVARIANT of src/contract/change.ts. The routine waits for the strategy's
 * answer and goes on in the phase `told`.
 */

/** One compare-exchange locks and writes: the walker may have set accessed or dirty in between, then again. */
export function lockAndWrite(context: Context, at: number, entry: number, told: number): Outcome {
  const { p, memory } = context
  const wanted = newEntry(context, at, entry) & ~PENDING
  if (memory.compareExchange(p[at + WORD], entry, wanted | BUSY) !== entry) return RETRY
  return tell(context, at, entry, wanted, told)
}

/** The entry is locked by this CPU; only accessed and dirty can still change. */
export function writeLocked(context: Context, at: number, told: number): Outcome {
  const { p, memory } = context
  const entry = memory.load(p[at + WORD])
  const wanted = newEntry(context, at, entry & ~BUSY) & ~PENDING
  if (memory.compareExchange(p[at + WORD], entry, wanted | BUSY) !== entry) return RETRY
  return tell(context, at, entry & ~BUSY, wanted, told)
}

function tell(context: Context, at: number, old: number, written: number, told: number): Outcome {
  const { p, memory, witness, frames } = context
  const word = p[at + WORD]
  context.entries.written(p[at + SPACE_OF], p[at + PAGE], LEVEL_LEAF)
  const stamp = witness.stamp(word)
  const owner = ownerFor(context, p[at + KIND])
  const issued = issuedWord(context, owner)
  if (!hasIssued(context)) witness.changing()
  const serial = (memory.peek(issued) + 1) | 0
  fillChange(context, at, old, written, serial)
  const { change } = context
  const { space, firstPage, obligations } = change
  const opened = fillEvent(context.passed, obligations, owner, space, firstPage, stamp)
  opened.allowed = allowedBy(written)
  opened.needed = neededFor(obligations)
  witness.opened(serial, opened)
  memory.store(issued, serial)
  memory.poke(word + STAMP_OFFSET, stamp)
  memory.poke(word + OWNER_OFFSET, owner)
  memory.poke(word + SERIAL_OFFSET, serial)
  context.meter.charge(COST_ENTRY_WRITE, 1)
  const isFreed = (written & PRESENT) === 0 && ownsFrame(change.kind)
  const frame = isFreed ? old >>> FRAME_SHIFT : -1
  // The frame of what the kernel alone uses owes nothing: it is free at once.
  if (isFreed && (obligations & FRAME_REUSE) !== 0) {
    frames.setLast(frame, space, firstPage, stamp)
    noteHeld(context)
  }
  const item = addToLog(context, word, space, firstPage, owner, serial, stamp, frame)
  context.log[item + LOG_BITS] = obligations | (unmaps(p[at + OPERATION]) ? 0 : LOG_KEEPS_ADDRESS)
  context.log[item + LOG_BITS + 1] = allowedBy(written)
  change.tag = 0
  const ticket = tellChanged(context, p[at + OPERATION], owner)
  // At once: `change` is an object, and nothing outside of words outlives a step.
  context.log[item + LOG_TAG] = change.tag
  memory.poke(word + TAG_OFFSET, change.tag)
  noteLast(context, owner, serial)
  return waitFor(p, ticket, told)
}

/** The strategy's answer to the change that was logged last. @returns false: the free frames are locked, try again */
export function afterChanged(context: Context): boolean {
  const { p, log } = context
  const item = logEntry(p[LOG_COUNT] - 1)
  const serial = log[item + LOG_SERIAL]
  const owner = log[item + LOG_OWNER]
  const frame = log[item + LOG_FRAME]
  const isSettled = p[TICKET_RESULT] === SETTLED
  const isOwed = (log[item + LOG_BITS] & FRAME_REUSE) !== 0
  const isFree = frame >= 0 && (isSettled || !isOwed)
  if (isFree && !tryLockFree(context)) return false
  if (frame >= 0) context.frames.hold(frame, owner, serial, log[item + LOG_TAG])
  if (isSettled) {
    context.witness.claimed(owner, serial, serial)
    log[item + LOG_BITS] |= LOG_IS_SETTLED
    unlockItem(context, p[LOG_COUNT] - 1)
  }
  if (isFree) {
    freeFrame(context, frame)
    unlockFree(context)
    log[item + LOG_FRAME] = -1
    if (isOwed) p[HELD_OPEN]--
  }
  return true
}

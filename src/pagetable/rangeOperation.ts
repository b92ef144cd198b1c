import { KIND_VMALLOC } from '../contract/change.js'
import { FRAME_REUSE } from '../contract/obligation.js'
import {
  OPERATION_ADVISE_AWAY,
  OPERATION_PROTECT,
  OPERATION_UNMAP,
  OPERATION_ZAP_DIRECT,
} from '../contract/operation.js'
import { ENTRIES_PER_TABLE, FRAME_SHIFT, LARGE, PRESENT, WRITABLE } from '../contract/page.js'
import { SETTLED } from '../contract/ticket.js'
import { COST_ENTRY_WRITE } from '../machine/costs.js'
import { OWNER_OFFSET, SERIAL_OFFSET, STAMP_OFFSET, TAG_OFFSET } from '../machine/tables.js'
import { HANDLE_PINS, SPACE_ROOT } from '../machine/words.js'
import { beginOutermost, noteCrowd } from './bracket.js'
import { addToLog, claimLog, logEntry, noteInherited } from './changeLog.js'
import type { Context } from './context.js'
import { handleAt } from './handle.js'
import { unlockItem } from './dispose.js'
import { freeFrame, noteHeld, tryLockFree, unlockFree } from './frameSupply.js'
import { clearDirectory, directoryCleared, leaveSpan } from './freeTable.js'
import { HAND_OPERATION, setInHand } from './inHand.js'
import { fillEvent, neededFor } from './passedEvent.js'
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
  OPERATION_DEPTH,
  OPERATION_ID,
  PHASE,
  TICKET_RESULT,
} from './position.js'
import {
  allowedBy,
  bracketedSpace,
  COUNT,
  fillChange,
  fillOperation,
  FIRST,
  GRANT,
  KIND,
  LOG_START,
  newEntry,
  OPERATION,
  ownsFrame,
  PAGE,
  PINNED,
  SPACE_OF,
  WORD,
} from './rangeEdit.js'
import {
  waitFor,
  goTo,
  pop,
  push,
  GO_ON,
  RAN,
  RETRY,
  ROUTINE_DISPOSE,
  ROUTINE_RANGE,
  type Outcome,
} from './routine.js'
import { hasIssued, issuedWord, noteLast, ownerFor } from './serials.js'
import { BUSY, PENDING, READ_ONLY } from './softBits.js'
import { freesTables, growLeaf } from './tableSupply.js'
import { tellChanged } from './tellChanged.js'

/**
 * An operation over a range of one space: unmap, protect, advise away, zap from the direct map. Entry
 * by entry: lock and write it, issue the serial, tell the strategy, wait. The order of these is THE
 * INVARIANT of src/contract/change.ts.
 */

const BEGIN = 0
const SCAN = 1
const WRITE = 2
const CHANGED = 3
const FINISH = 4
const FINISHED = 5
const UNLOCK = 6
const END = 7
/** Only where tables are freed: span by span, once all entries are gone. */
const TABLES = 8
const CLEAR_DIRECTORY = 9
const DIRECTORY_CLEARED = 10

/** Entries without a change that one step looks at. */
const PASSED_OVER_IN_A_STEP = 64

export function pushRange(
  context: Context,
  operation: number,
  space: number,
  first: number,
  count: number,
  kind: number,
  grant: number,
): void {
  push(context.p, ROUTINE_RANGE, operation, space, first, count, kind, grant)
}

export function stepRange(context: Context, at: number): Outcome {
  const { p, strategy, port } = context
  switch (p[at + PHASE]) {
    case BEGIN: {
      if (p[OPERATION_DEPTH] === 0) beginOutermost(context, bracketedSpace(p, at))
      p[at + PAGE] = p[at + FIRST]
      p[at + LOG_START] = p[LOG_COUNT]
      p[OPERATION_ID]++
      p[OPERATION_DEPTH]++
      if (p[at + OPERATION] === OPERATION_UNMAP || p[at + OPERATION] === OPERATION_ADVISE_AWAY)
        setInHand(context, HAND_OPERATION, true)
      if (strategy.began === undefined) return goTo(p, SCAN)
      fillOperation(context, at)
      return waitFor(p, strategy.began(port, context.operation), SCAN)
    }
    case SCAN:
      return scan(context, at)
    case WRITE:
      return write(context, at)
    case CHANGED:
      return afterChanged(context, at)
    case FINISH:
      noteCrowd(context)
      fillOperation(context, at)
      return waitFor(p, strategy.finished(port, context.operation), FINISHED)
    case FINISHED:
      p[OPERATION_DEPTH]--
      if (p[TICKET_RESULT] === SETTLED) claimLog(context, p[at + LOG_START])
      if (p[OPERATION_DEPTH] > 0) return goTo(p, UNLOCK)
      p[at + PHASE] = END
      push(p, ROUTINE_DISPOSE)
      return GO_ON
    case UNLOCK:
      for (let item = p[at + LOG_START]; item < p[LOG_COUNT]; item++) unlockItem(context, item)
      // Its event is the exposure, which does not wait for the end of the batch: the fault demands it.
      if (p[at + OPERATION] === OPERATION_ZAP_DIRECT) p[LOG_COUNT] = p[at + LOG_START]
      return endRange(context, at)
    case TABLES:
      return leaveSpan(context, at, CLEAR_DIRECTORY, FINISH)
    case CLEAR_DIRECTORY:
      return clearDirectory(context, at, DIRECTORY_CLEARED)
    case DIRECTORY_CLEARED:
      return directoryCleared(context, at, TABLES)
    default:
      return endRange(context, at)
  }
}

function endRange(context: Context, at: number): Outcome {
  const { p, memory } = context
  if (p[at + PINNED] !== 0) memory.add(handleAt(context, p[at + PINNED] - 1) + HANDLE_PINS, -1)
  return pop(p, 0)
}

/** Finds the next entry to change and, unless the strategy wants to act before the write, writes it. */
function scan(context: Context, at: number): Outcome {
  const { p, memory, tables, words } = context
  const page = p[at + PAGE]
  const end = p[at + FIRST] + p[at + COUNT]
  if (page === end) {
    const isTaking = p[at + OPERATION] === OPERATION_UNMAP && p[at + KIND] !== KIND_VMALLOC
    if (!isTaking || !freesTables(context)) return goTo(p, FINISH)
    p[at + PAGE] = p[at + FIRST]
    return goTo(p, TABLES)
  }
  // The leaf table is looked up once per table; neighbouring entries are neighbouring words.
  if (page === p[at + FIRST] || page % ENTRIES_PER_TABLE === 0) {
    const root = memory.peek(words.spaces.base + p[at + SPACE_OF] * words.spaces.stride + SPACE_ROOT)
    const word =
      p[at + OPERATION] === OPERATION_PROTECT ? growLeaf(context, root, page) : tables.leafWord(root, page)
    if (word < 0) return RETRY
    if (word === 0) {
      p[at + PAGE] = Math.min(end, page - (page % ENTRIES_PER_TABLE) + ENTRIES_PER_TABLE)
      return RAN
    }
    p[at + WORD] = word
  }
  const entry = memory.load(p[at + WORD])
  if ((entry & BUSY) !== 0) return RETRY
  if ((entry & LARGE) !== 0)
    throw new Error(`page ${page} is part of a large page; splitting is not built yet`)
  if ((entry & PENDING) !== 0) noteInherited(context, p[at + SPACE_OF], page, p[at + WORD])
  if ((entry & PRESENT) === 0) return passOver(context, at, entry)
  if (newEntry(context, at, entry) === (entry & ~PENDING)) return nextPage(context, at)
  const { strategy } = context
  if (strategy.changing === undefined) return lockAndWrite(context, at, entry)
  if (memory.compareExchange(p[at + WORD], entry, entry | BUSY) !== entry) return RETRY
  fillChange(context, at, entry, newEntry(context, at, entry), 0)
  return waitFor(p, strategy.changing(context.port, context.change), WRITE)
}

function nextPage(context: Context, at: number): Outcome {
  const { p } = context
  p[at + PAGE]++
  p[at + WORD]++
  return goTo(p, SCAN)
}

/**
 * An entry that is not present makes no change, but a protection must be remembered for the next
 * fault, and forgotten with the mapping: the address is dealt out again.
 */
function passOver(context: Context, at: number, entry: number): Outcome {
  const { p, memory } = context
  const isRemembered = p[at + OPERATION] === OPERATION_PROTECT && (p[at + GRANT] & WRITABLE) === 0
  const isForgotten = p[at + OPERATION] === OPERATION_UNMAP || p[at + OPERATION] === OPERATION_PROTECT
  if (isRemembered || isForgotten) {
    const marked = isRemembered ? entry | READ_ONLY : entry & ~READ_ONLY
    if (marked !== entry && memory.compareExchange(p[at + WORD], entry, marked) !== entry) return RETRY
  }
  nextPage(context, at)
  // Thousands of empty entries must not keep interrupts waiting.
  return p[at + PAGE] % PASSED_OVER_IN_A_STEP === 0 ? RAN : GO_ON
}

/** One compare-exchange locks and writes: the walker may have set accessed or dirty in between, then again. */
function lockAndWrite(context: Context, at: number, entry: number): Outcome {
  const { p, memory } = context
  const wanted = newEntry(context, at, entry) & ~PENDING
  if (memory.compareExchange(p[at + WORD], entry, wanted | BUSY) !== entry) return RETRY
  return tell(context, at, entry, wanted)
}

/** The entry is locked by this CPU; only accessed and dirty can still change. */
function write(context: Context, at: number): Outcome {
  const { p, memory } = context
  const entry = memory.load(p[at + WORD])
  const wanted = newEntry(context, at, entry & ~BUSY) & ~PENDING
  if (memory.compareExchange(p[at + WORD], entry, wanted | BUSY) !== entry) return RETRY
  return tell(context, at, entry & ~BUSY, wanted)
}

function tell(context: Context, at: number, old: number, written: number): Outcome {
  const { p, memory, witness, frames } = context
  const word = p[at + WORD]
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
  context.log[item + LOG_BITS] = obligations | (p[at + OPERATION] === OPERATION_UNMAP ? 0 : LOG_KEEPS_ADDRESS)
  context.log[item + LOG_BITS + 1] = allowedBy(written)
  change.tag = 0
  const ticket = tellChanged(context)
  // Written down at once: `change` is an object, and nothing outside of words outlives a step.
  context.log[item + LOG_TAG] = change.tag
  memory.poke(word + TAG_OFFSET, change.tag)
  noteLast(context, owner, serial)
  return waitFor(p, ticket, CHANGED)
}

function afterChanged(context: Context, at: number): Outcome {
  const { p, log } = context
  const item = logEntry(p[LOG_COUNT] - 1)
  const serial = log[item + LOG_SERIAL]
  const owner = log[item + LOG_OWNER]
  const frame = log[item + LOG_FRAME]
  const isSettled = p[TICKET_RESULT] === SETTLED
  const isOwed = (log[item + LOG_BITS] & FRAME_REUSE) !== 0
  const isFree = frame >= 0 && (isSettled || !isOwed)
  if (isFree && !tryLockFree(context)) return RETRY
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
  return nextPage(context, at)
}

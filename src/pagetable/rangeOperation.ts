import { KIND_VMALLOC } from '../contract/change.js'
import {
  OPERATION_ADVISE_AWAY,
  OPERATION_PROTECT,
  OPERATION_TEARDOWN,
  OPERATION_ZAP_DIRECT,
} from '../contract/operation.js'
import { ENTRIES_PER_TABLE, LARGE, PRESENT } from '../contract/page.js'
import { SETTLED } from '../contract/ticket.js'
import { HANDLE_PINS, SPACE_ROOT } from '../machine/words.js'
import { beginOutermost, noteCrowd } from './bracket.js'
import { claimLog, noteInherited } from './changeLog.js'
import type { Context } from './context.js'
import { handleAt } from './handle.js'
import { unlockItem } from './dispose.js'
import { clearDirectory, directoryCleared, leaveSpan } from './freeTable.js'
import { HAND_OPERATION, setInHand } from './inHand.js'
import { LOG_COUNT, OPERATION_DEPTH, OPERATION_ID, PHASE, TICKET_RESULT } from './position.js'
import {
  bracketedSpace,
  COUNT,
  fillChange,
  fillOperation,
  FIRST,
  KIND,
  LOG_START,
  newEntry,
  OPERATION,
  PAGE,
  PINNED,
  remember,
  SPACE_OF,
  unmaps,
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
import { BUSY, PENDING } from './softBits.js'
import { isTornSkipped } from './skips.js'
import { freesTables, growLeaf } from './tableSupply.js'
import { afterChanged, lockAndWrite, writeLocked } from './writeEntry.js'

/**
 * An operation over a range of one space: unmap, protect, advise away, zap from the direct map. Entry
 * by entry: write it and tell the strategy (writeEntry.ts), wait.
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
      // The operation is that of the whole space (teardown.ts), which brackets it.
      if (p[at + OPERATION] === OPERATION_TEARDOWN) return goTo(p, SCAN)
      p[OPERATION_ID]++
      p[OPERATION_DEPTH]++
      if (unmaps(p[at + OPERATION]) || p[at + OPERATION] === OPERATION_ADVISE_AWAY)
        setInHand(context, HAND_OPERATION, true)
      if (strategy.began === undefined) return goTo(p, SCAN)
      fillOperation(context, at)
      return waitFor(p, strategy.began(port, context.operation), SCAN)
    }
    case SCAN:
      return scan(context, at)
    case WRITE:
      return writeLocked(context, at, CHANGED)
    case CHANGED:
      return afterChanged(context) ? nextPage(context, at) : RETRY
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
      return leaveSpan(context, at, CLEAR_DIRECTORY, finishOf(context, at))
    case CLEAR_DIRECTORY:
      return clearDirectory(context, at, DIRECTORY_CLEARED)
    case DIRECTORY_CLEARED:
      return directoryCleared(context, at, TABLES)
    default:
      return endRange(context, at)
  }
}

/** What is no operation of its own has no end of its own either. */
function finishOf({ p }: Context, at: number): number {
  return p[at + OPERATION] === OPERATION_TEARDOWN ? END : FINISH
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
    const isTaking = unmaps(p[at + OPERATION]) && p[at + KIND] !== KIND_VMALLOC
    if (!isTaking || !freesTables(context)) return goTo(p, finishOf(context, at))
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
  const { strategy, skips } = context
  if (strategy.changing === undefined || isTornSkipped(skips, p[at + OPERATION]))
    return lockAndWrite(context, at, entry, CHANGED)
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

function passOver(context: Context, at: number, entry: number): Outcome {
  if (!remember(context, at, entry)) return RETRY
  nextPage(context, at)
  // Thousands of empty entries must not keep interrupts waiting.
  return context.p[at + PAGE] % PASSED_OVER_IN_A_STEP === 0 ? RAN : GO_ON
}

import { KIND_EPHEMERAL } from '../contract/change.js'
import { NEW_ENTRY, VA_REUSE } from '../contract/obligation.js'
import { OPERATION_PUT } from '../contract/operation.js'
import { COST_ENTRY_WRITE } from '../machine/costs.js'
import { COUNT_PASSED_OVER } from '../machine/counters.js'
import { OWNER_OFFSET, STAMP_OFFSET } from '../machine/tables.js'
import {
  HANDLE_FIRST,
  HANDLE_FLAGS,
  HANDLE_MAPPED,
  HANDLE_PAGES,
  HANDLE_SPACE,
  windowBase,
} from '../machine/words.js'
import type { Context } from './context.js'
import { pushFallibleDemand } from './demand.js'
import { handleAt } from './handle.js'
import { fillEvent } from './passedEvent.js'
import { isBreakBeforeMake, populatingDemand } from './populate.js'
import { LOCALS, PHASE, RESULT, SPACE } from './position.js'
import { pushRange } from './rangeOperation.js'
import { goTo, GO_ON, pop, RAN, type Outcome } from './routine.js'
import {
  allocate,
  collectPut,
  firstEntryOf,
  needsRewind,
  release,
  rewind,
  rewound,
  usablePages,
  windowEntry,
} from './window.js'

/**
 * Temporary mappings (Linux' mermap): a get maps pages in this CPU's window, the put takes them out again and flushes
 * nothing. Neither is a system call, and no other CPU touches the entries, so nothing is locked. A get that would need
 * addresses that were used before asks the strategy to settle their puts first; refused, it fails.
 */

const LOOK = 0
const COLLECT = 1
const DEMANDED = 2
const TAKE = 3
const WRITE = 4

const HANDLE = LOCALS
const PAGES = LOCALS + 1
const FIRST_FRAME = LOCALS + 2
/** Where dealing out begins again once the flush is done. */
const FROM = LOCALS + 3
/** The page of the window that is looked at or written next. */
const NEXT = LOCALS + 4
const FIRST = LOCALS + 5
/** Entries written in one step, so that interrupts are taken in between. */
const WRITES_IN_A_STEP = 64

/** Locals: handle, pages, first frame. The result is 1, or 0 where the get has failed. */
export function stepGet(context: Context, at: number): Outcome {
  const { p } = context
  switch (p[at + PHASE]) {
    case LOOK:
      if (!needsRewind(context, p[SPACE], p[at + PAGES])) return goTo(p, TAKE)
      p[at + FROM] = rewound(context, p[SPACE])
      p[at + NEXT] = p[at + FROM]
      return p[at + FROM] + p[at + PAGES] > usablePages(context) ? fail(context) : goTo(p, COLLECT)
    case COLLECT: {
      p[at + NEXT] = collectPut(context, p[SPACE], p[at + NEXT])
      const { count } = context.demand
      if (count === 0) {
        rewind(context, p[SPACE], p[at + FROM])
        return goTo(p, TAKE)
      }
      p[at + PHASE] = DEMANDED
      pushFallibleDemand(context, count, populatingDemand(context))
      return GO_ON
    }
    case DEMANDED:
      return p[RESULT] === 0 ? fail(context) : goTo(p, COLLECT)
    case TAKE:
      p[at + FIRST] = allocate(context, p[SPACE], p[at + PAGES])
      p[at + NEXT] = 0
      return p[at + FIRST] < 0 ? fail(context) : goTo(p, WRITE)
    default:
      return write(context, at)
  }
}

function fail(context: Context): Outcome {
  context.witness.count(COUNT_PASSED_OVER, 1)
  return pop(context.p, 0)
}

/** Each address is used again from here on: the event comes before the entry, as in a fault. */
function write(context: Context, at: number): Outcome {
  const { p, memory, meter } = context
  const entries = firstEntryOf(context, p[SPACE]) + p[at + FIRST]
  const end = Math.min(p[at + PAGES], p[at + NEXT] + WRITES_IN_A_STEP)
  meter.charge(COST_ENTRY_WRITE, end - p[at + NEXT])
  for (; p[at + NEXT] < end; p[at + NEXT]++) {
    const word = entries + p[at + NEXT]
    reuse(context, word, windowBase(context.cpu) + p[at + FIRST] + p[at + NEXT])
    memory.store(word, windowEntry(context, p[at + FIRST_FRAME], p[at + NEXT]))
  }
  return p[at + NEXT] < p[at + PAGES] ? RAN : enter(context, at)
}

function reuse(context: Context, word: number, page: number): void {
  const { p, memory, passed, witness } = context
  const stamp = memory.peek(word + STAMP_OFFSET)
  if (stamp === 0) return
  const owner = memory.peek(word + OWNER_OFFSET)
  witness.event(fillEvent(passed, VA_REUSE, owner, p[SPACE], page, stamp))
  if (isBreakBeforeMake(context)) witness.event(fillEvent(passed, NEW_ENTRY, owner, p[SPACE], page, stamp))
}

function enter(context: Context, at: number): Outcome {
  const { p, memory } = context
  const handle = handleAt(context, p[at + HANDLE])
  memory.store(handle + HANDLE_FIRST, windowBase(context.cpu) + p[at + FIRST])
  memory.store(handle + HANDLE_PAGES, p[at + PAGES])
  memory.store(handle + HANDLE_FLAGS, KIND_EPHEMERAL << 8)
  memory.store(handle + HANDLE_SPACE, p[SPACE])
  memory.store(handle + HANDLE_MAPPED, 1)
  return pop(p, 1)
}

/** Local: handle. The entries go, then the allocation is no longer live: its addresses may be demanded. */
export function stepPut(context: Context, at: number): Outcome {
  const { p, memory } = context
  const handle = handleAt(context, p[at + HANDLE])
  const first = memory.load(handle + HANDLE_FIRST)
  const space = memory.load(handle + HANDLE_SPACE)
  if (p[at + PHASE] === 1) {
    release(context, space, first - windowBase(context.cpu))
    return pop(p, 0)
  }
  if (memory.load(handle + HANDLE_MAPPED) === 0) return fail(context)
  memory.store(handle + HANDLE_MAPPED, 0)
  p[at + PHASE] = 1
  pushRange(context, OPERATION_PUT, space, first, memory.load(handle + HANDLE_PAGES), KIND_EPHEMERAL, 0)
  return GO_ON
}

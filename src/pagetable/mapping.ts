import { KIND_VMALLOC } from '../contract/change.js'
import { OPERATION_UNMAP } from '../contract/operation.js'
import { KERNEL_SPACE } from '../contract/page.js'
import { COST_SYSTEM_CALL } from '../machine/costs.js'
import { MAPPINGS_OFFSET } from '../machine/tables.js'
import {
  HANDLE_FIRST,
  HANDLE_FLAGS,
  HANDLE_MAPPED,
  HANDLE_PAGES,
  HANDLE_PINS,
  HANDLE_SPACE,
} from '../machine/words.js'
import {
  arenaFor,
  demandOldestAddresses,
  freeAddress,
  freeOldestAddresses,
  holdAddress,
  reapAddresses,
  takeAddress,
} from './addresses.js'
import { isItemSettledFor, logEntry } from './changeLog.js'
import type { Context } from './context.js'
import { pushDemand } from './demand.js'
import { directoryWord, FREEING, nextSpan } from './freeTable.js'
import { pushFault } from './fault.js'
import { handleAt } from './handle.js'
import {
  LOCALS,
  LOG_COUNT,
  LOG_OWNER,
  LOG_PAGE,
  LOG_SERIAL,
  LOG_SPACE,
  LOG_TAG,
  MOST_ASKED,
  PHASE,
  RESULT,
  SPACE,
} from './position.js'
import { populating, populatingDemand } from './populate.js'
import { pushRange } from './rangeOperation.js'
import { freesTables } from './tableSupply.js'
import { GO_ON, goTo, pop, RAN, RETRY, type Outcome } from './routine.js'

const HANDLE = LOCALS
const COUNTED = LOCALS + 3
/** Next log entry that an unmap has to hold its range for. */
const NEXT = LOCALS + 4
/** Of a map: the first page of the range that it was given; NEXT is the page whose span comes next. */
const TAKEN = LOCALS + 5

class AddressesExhausted extends Error {
  constructor(cpu: number, pageCount: number) {
    super(`CPU ${cpu} has no free range of ${pageCount} pages left in its part of the address space`)
    this.name = 'AddressesExhausted'
  }
}

const ADDRESSES_DEMANDED = 1
const REGISTER = 2
const POPULATE = 3

/** Locals: handle, pages, flags and kind. An address is taken, the mapping entered; faults populate it, the kernel's own at once. */
export function stepMap(context: Context, at: number): Outcome {
  const { p } = context
  if (p[at + PHASE] === REGISTER) return register(context, at)
  if (p[at + PHASE] === POPULATE) return populate(context, at)
  const kind = p[at + LOCALS + 2] >>> 8
  const arena = arenaFor(context, kind)
  if (p[at + PHASE] === ADDRESSES_DEMANDED) {
    freeOldestAddresses(context, arena, p[RESULT] === 0 ? 0 : p[at + COUNTED])
    return goTo(p, 0)
  }
  reapAddresses(context)
  const first = takeAddress(context, arena, p[at + LOCALS + 1])
  if (first < 0) {
    const count = demandOldestAddresses(context, arena, MOST_ASKED)
    if (count === 0) throw new AddressesExhausted(context.cpu, p[at + LOCALS + 1])
    p[at + COUNTED] = count
    p[at + PHASE] = ADDRESSES_DEMANDED
    pushDemand(context, count, populatingDemand(context), spaceOf(context, kind))
    return GO_ON
  }
  context.meter.charge(COST_SYSTEM_CALL, 1)
  // The kernel's tables stay.
  if (!freesTables(context) || kind === KIND_VMALLOC) return enter(context, at, first)
  p[at + TAKEN] = first
  p[at + NEXT] = first
  return goTo(p, REGISTER)
}

/** Counts the mapping in each span that it touches, so that the tables there stay; waits for one that is being freed. */
function register(context: Context, at: number): Outcome {
  const { p, memory } = context
  if (p[at + NEXT] >= p[at + TAKEN] + p[at + LOCALS + 1]) return enter(context, at, p[at + TAKEN])
  const count = directoryWord(context, p[SPACE], p[at + NEXT]) + MAPPINGS_OFFSET
  const mappings = memory.load(count)
  if (mappings === FREEING || memory.compareExchange(count, mappings, mappings + 1) !== mappings) return RETRY
  p[at + NEXT] = nextSpan(p[at + NEXT])
  return GO_ON
}

function enter(context: Context, at: number, first: number): Outcome {
  const { p, memory } = context
  const handle = handleAt(context, p[at + HANDLE])
  memory.store(handle + HANDLE_FIRST, first)
  memory.store(handle + HANDLE_PAGES, p[at + LOCALS + 1])
  memory.store(handle + HANDLE_FLAGS, p[at + LOCALS + 2])
  const kind = p[at + LOCALS + 2] >>> 8
  memory.store(handle + HANDLE_SPACE, spaceOf(context, kind))
  p[at + TAKEN] = first
  p[at + NEXT] = first
  if (kind === KIND_VMALLOC) return goTo(p, POPULATE)
  memory.store(handle + HANDLE_MAPPED, 1)
  return pop(p, first)
}

function spaceOf({ p }: Context, kind: number): number {
  return kind === KIND_VMALLOC ? KERNEL_SPACE : p[SPACE]
}

/** Page by page; nobody has the mapping before all of it is there. */
function populate(context: Context, at: number): Outcome {
  const { p, memory } = context
  const page = p[at + NEXT]
  if (page < p[at + TAKEN] + p[at + LOCALS + 1]) {
    p[at + NEXT]++
    pushFault(context, page, 0, p[at + HANDLE])
    return GO_ON
  }
  memory.store(handleAt(context, p[at + HANDLE]) + HANDLE_MAPPED, 1)
  return pop(p, p[at + TAKEN])
}

const CLOSE = 0
const WAIT_FOR_FAULTS = 1
const ENTRIES_GONE = 2
const HOLD_ADDRESS = 3
const DEMANDED = 4

/** Local: handle. The mapping is closed first, then its entries go, then its address is free or held. */
export function stepUnmap(context: Context, at: number): Outcome {
  const { p, memory } = context
  const handle = handleAt(context, p[at + HANDLE])
  switch (p[at + PHASE]) {
    case CLOSE:
      context.meter.charge(COST_SYSTEM_CALL, 1)
      memory.store(handle + HANDLE_MAPPED, 0)
      p[at + PHASE] = WAIT_FOR_FAULTS
      return RAN
    case WAIT_FOR_FAULTS: {
      if (memory.load(handle + HANDLE_PINS) !== 0) return RETRY
      const kind = kindOf(context, handle)
      p[at + PHASE] = ENTRIES_GONE
      const first = memory.load(handle + HANDLE_FIRST)
      pushRange(
        context,
        OPERATION_UNMAP,
        memory.load(handle + HANDLE_SPACE),
        first,
        memory.load(handle + HANDLE_PAGES),
        kind,
        0,
      )
      return GO_ON
    }
    case ENTRIES_GONE:
      p[at + NEXT] = 0
      return goTo(p, HOLD_ADDRESS)
    case HOLD_ADDRESS:
      return holdRange(context, at, handle)
    default:
      freeOldestAddresses(context, arenaFor(context, kindOf(context, handle)), p[at + COUNTED])
      return goTo(p, HOLD_ADDRESS)
  }
}

function kindOf({ memory }: Context, handle: number): number {
  return memory.load(handle + HANDLE_FLAGS) >>> 8
}

/**
 * Holds the range for what its changes owe: the last of each run of changes with one tag, which a
 * strategy covers in the order of their serials. What is inherited counts too: inside a batch nobody
 * has asked for it yet. Inside a batch nothing is settled for certain: held, and freed by the batch if
 * it is.
 */
function holdRange(context: Context, at: number, handle: number): Outcome {
  const { p, log, memory } = context
  const first = memory.load(handle + HANDLE_FIRST)
  const pages = memory.load(handle + HANDLE_PAGES)
  const kind = kindOf(context, handle)
  const arena = arenaFor(context, kind)
  let index = nextHolding(context, p[at + NEXT], handle)
  if (index < 0) {
    freeAddress(context, arena, first, pages)
    return pop(p, 0)
  }
  while (index >= 0) {
    const item = logEntry(index)
    const next = nextHolding(context, index + 1, handle)
    const isLast = next < 0
    const isRunOver =
      isLast ||
      log[logEntry(next) + LOG_TAG] !== log[item + LOG_TAG] ||
      log[logEntry(next) + LOG_OWNER] !== log[item + LOG_OWNER]
    const isHeld =
      !isRunOver ||
      holdAddress(
        context,
        arena,
        first,
        isLast ? pages : 0,
        log[item + LOG_OWNER],
        log[item + LOG_SERIAL],
        log[item + LOG_TAG],
        log[item + LOG_SPACE],
      )
    if (!isHeld) {
      p[at + NEXT] = index
      p[at + COUNTED] = demandOldestAddresses(context, arena, MOST_ASKED)
      p[at + PHASE] = DEMANDED
      pushDemand(context, p[at + COUNTED], populatingDemand(context), spaceOf(context, kind))
      return GO_ON
    }
    index = next
  }
  return pop(p, 0)
}

/** The next change in the log, from an index on, that the range must wait for; -1: none. Earlier parts of a batch count. */
function nextHolding(context: Context, from: number, handle: number): number {
  const { p, log, memory } = context
  const first = memory.load(handle + HANDLE_FIRST)
  const end = first + memory.load(handle + HANDLE_PAGES)
  for (let index = from; index < p[LOG_COUNT]; index++) {
    const item = logEntry(index)
    const isInside = log[item + LOG_PAGE] >= first && log[item + LOG_PAGE] < end
    if (isInside && !isItemSettledFor(context, item, populating(context))) return index
  }
  return -1
}

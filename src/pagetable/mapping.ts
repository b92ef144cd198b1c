import { VA_REUSE } from '../contract/obligation.js'
import { OPERATION_UNMAP } from '../contract/operation.js'
import { COST_SYSTEM_CALL } from '../machine/costs.js'
import {
  HANDLE_FIRST,
  HANDLE_FLAGS,
  HANDLE_MAPPED,
  HANDLE_PAGES,
  HANDLE_PINS,
  HANDLE_SPACE,
} from '../machine/words.js'
import {
  demandOldestAddresses,
  freeAddress,
  freeOldestAddresses,
  holdAddress,
  reapAddresses,
  takeAddress,
} from './addresses.js'
import type { Context } from './context.js'
import { pushDemand } from './demand.js'
import { handleAt } from './fault.js'
import {
  LAST_SERIAL,
  LAST_SETTLED,
  LAST_TAG,
  LOCALS,
  OPERATION_DEPTH,
  PHASE,
  RESULT,
  SPACE,
} from './position.js'
import { pushRange } from './rangeOperation.js'
import { GO_ON, goTo, pop, RAN, RETRY, type Outcome } from './routine.js'

/** Held ranges that one demand settles at most. */
const DEMAND_ADDRESSES = 64

const HANDLE = LOCALS
const COUNTED = LOCALS + 3

class AddressesExhausted extends Error {
  constructor(cpu: number, pageCount: number) {
    super(`CPU ${cpu} has no free range of ${pageCount} pages left in its part of the address space`)
    this.name = 'AddressesExhausted'
  }
}

/** Locals: handle, pages, flags and kind. An address is taken, the mapping entered; faults populate it. */
export function stepMap(context: Context, at: number): Outcome {
  const { p, memory } = context
  if (p[at + PHASE] === 1) {
    freeOldestAddresses(context, p[RESULT] === 0 ? 0 : p[at + COUNTED])
    return goTo(p, 0)
  }
  reapAddresses(context)
  const first = takeAddress(context, p[at + LOCALS + 1])
  if (first < 0) {
    const count = demandOldestAddresses(context, Math.min(DEMAND_ADDRESSES, context.demand.owners.length))
    if (count === 0) throw new AddressesExhausted(context.cpu, p[at + LOCALS + 1])
    p[at + COUNTED] = count
    p[at + PHASE] = 1
    pushDemand(context, count, VA_REUSE, p[SPACE])
    return GO_ON
  }
  context.meter.charge(COST_SYSTEM_CALL, 1)
  const handle = handleAt(context, p[at + HANDLE])
  memory.store(handle + HANDLE_FIRST, first)
  memory.store(handle + HANDLE_PAGES, p[at + LOCALS + 1])
  memory.store(handle + HANDLE_FLAGS, p[at + LOCALS + 2])
  memory.store(handle + HANDLE_SPACE, p[SPACE])
  memory.store(handle + HANDLE_MAPPED, 1)
  return pop(p, first)
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
      const kind = memory.load(handle + HANDLE_FLAGS) >>> 8
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
      // Inside a batch nobody can tell yet whether the changes are settled: held, and freed by the batch if they are.
      if (p[LAST_SETTLED] === 0 || p[OPERATION_DEPTH] > 0) return goTo(p, HOLD_ADDRESS)
      freeAddress(context, memory.load(handle + HANDLE_FIRST), memory.load(handle + HANDLE_PAGES))
      return pop(p, 0)
    case HOLD_ADDRESS: {
      const first = memory.load(handle + HANDLE_FIRST)
      const pages = memory.load(handle + HANDLE_PAGES)
      const space = memory.load(handle + HANDLE_SPACE)
      if (holdAddress(context, first, pages, p[LAST_SERIAL], p[LAST_TAG], space)) return pop(p, 0)
      const count = demandOldestAddresses(context, Math.min(DEMAND_ADDRESSES, context.demand.owners.length))
      p[at + COUNTED] = count
      p[at + PHASE] = DEMANDED
      pushDemand(context, count, VA_REUSE, p[SPACE])
      return GO_ON
    }
    default:
      freeOldestAddresses(context, p[at + COUNTED])
      return goTo(p, HOLD_ADDRESS)
  }
}

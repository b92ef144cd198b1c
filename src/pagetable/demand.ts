import { REFUSED } from '../contract/ticket.js'
import { waivedBy } from '../contract/obligation.js'
import { COUNT_DEMANDS } from '../machine/counters.js'
import type { Context } from './context.js'
import { isCovered } from './covered.js'
import { logEntry, noteEvidence } from './changeLog.js'
import {
  LOCALS,
  LOG_BITS,
  LOG_COUNT,
  LOG_IS_SETTLED,
  LOG_OWNER,
  LOG_SERIAL,
  LOG_SPACE,
  LOG_TAG,
  OPERATION_DEPTH,
  PHASE,
  TICKET_RESULT,
} from './position.js'
import { waitFor, pop, push, ROUTINE_DEMAND, type Outcome } from './routine.js'

/**
 * Asks the strategy to settle the changes in `context.demand`, and waits. The result is 1 when it
 * did (or they were covered already, or the contract waives it), 0 when it refused.
 *
 * The changes of an operation that is still open go along: the strategy may be gathering them, and
 * this CPU may wait for itself, as a batch does that needs a frame which it has unmapped before.
 * @param count what `context.demand` names; 0: the open changes only
 */
export function pushDemand(context: Context, count: number, obligation: number, newOwner: number): void {
  push(context.p, ROUTINE_DEMAND, count, obligation, newOwner)
}

/**
 * As `pushDemand`, where the asker holds nothing that another task could need: no entry is locked, no mapping
 * pinned, no frame in its hands, no operation open.
 */
export function pushSleepingDemand(
  context: Context,
  count: number,
  obligation: number,
  newOwner: number,
): void {
  push(context.p, ROUTINE_DEMAND, count, obligation, newOwner, 0, 1)
}

/** Whether the asker may sleep once it has let go of what it holds. */
export function canSleep({ p, sleeps }: Context): boolean {
  return sleeps && p[OPERATION_DEPTH] === 0
}

/** As `pushDemand`, at no event but at the end of a run: contracts waive nothing then. */
export function pushDrainDemand(context: Context, count: number, obligation: number): void {
  push(context.p, ROUTINE_DEMAND, count, obligation, -1, 1)
}

export function stepDemand(context: Context, at: number): Outcome {
  const { p, demand } = context
  const obligation = p[at + LOCALS + 1]
  if (p[at + PHASE] === 1) {
    if (p[TICKET_RESULT] === REFUSED) return pop(p, 0)
    noteOpen(context, obligation)
    return pop(p, 1)
  }
  const isDrain = p[at + LOCALS + 3] !== 0
  if (!isDrain && (waivedBy(context.contract) & obligation) !== 0) return waive(context, obligation)
  const asked = p[at + LOCALS]
  const kept = keepUncovered(context, asked, obligation)
  if (kept === 0 && asked > 0) return pop(p, 1)
  demand.count = appendOpen(context, kept, obligation)
  if (demand.count === 0) {
    noteOpen(context, obligation)
    return pop(p, 1)
  }
  demand.obligation = obligation
  demand.newOwner = p[at + LOCALS + 2]
  demand.mayFail = false
  demand.maySleep = p[at + LOCALS + 4] !== 0 && canSleep(context)
  context.witness.count(COUNT_DEMANDS, 1)
  return waitFor(p, context.strategy.demanded(context.port, demand), 1)
}

/** What is waived happens unasked; the oracle sees the event all the same. */
function waive(context: Context, obligation: number): Outcome {
  noteOpen(context, obligation)
  return pop(context.p, 1)
}

/** Adds what the open operation has changed and is not covered; what the demand names already is not named twice. */
function appendOpen(context: Context, kept: number, obligation: number): number {
  const { p, log, demand } = context
  if (p[OPERATION_DEPTH] === 0) return kept
  let count = kept
  for (let index = 0; index < p[LOG_COUNT]; index++) {
    const item = logEntry(index)
    if ((log[item + LOG_BITS] & LOG_IS_SETTLED) !== 0 || isNamed(context, kept, item)) continue
    demand.owners[count] = log[item + LOG_OWNER]
    demand.serials[count] = log[item + LOG_SERIAL]
    demand.tags[count] = log[item + LOG_TAG]
    demand.spaces[count] = log[item + LOG_SPACE]
    count++
  }
  return kept + keepUncovered(context, count - kept, obligation, kept)
}

function isNamed(context: Context, count: number, item: number): boolean {
  const { demand, log } = context
  for (let i = 0; i < count; i++) {
    if (demand.owners[i] === log[item + LOG_OWNER] && demand.serials[i] === log[item + LOG_SERIAL])
      return true
  }
  return false
}

/** The open changes were all asked for, or are covered for this obligation. */
function noteOpen(context: Context, obligation: number): void {
  if (context.p[OPERATION_DEPTH] === 0) return
  for (let index = 0; index < context.p[LOG_COUNT]; index++) {
    noteEvidence(context, logEntry(index), obligation)
  }
}

/** Others may have settled some since they were written down; asking for them again would send needless interrupts. */
function keepUncovered(context: Context, count: number, obligation: number, from = 0): number {
  const { owners, serials, tags, spaces } = context.demand
  let kept = from
  for (let i = from; i < from + count; i++) {
    if (isCovered(context, owners[i], serials[i], tags[i], spaces[i], obligation)) continue
    owners[kept] = owners[i]
    serials[kept] = serials[i]
    tags[kept] = tags[i]
    spaces[kept] = spaces[i]
    kept++
  }
  return kept - from
}

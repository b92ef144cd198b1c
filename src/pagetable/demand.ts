import { REFUSED } from '../contract/ticket.js'
import { waivedBy } from '../contract/obligation.js'
import type { Demand } from '../contract/strategy.js'
import { COUNT_DEMANDS } from '../machine/counters.js'
import type { Context } from './context.js'
import { isCovered } from './covered.js'
import { logEntry, noteEvidence } from './changeLog.js'
import { dropAsked, gatherPart } from './demandParts.js'
import { contractOf } from './parts.js'
import {
  DEMAND_REST,
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

/** As `pushDemand`, at no event but at the end of a run: contracts waive nothing then. */
export function pushDrainDemand(context: Context, count: number, obligation: number): void {
  push(context.p, ROUTINE_DEMAND, count, obligation, -1, 1)
}

export function stepDemand(context: Context, at: number): Outcome {
  const { p } = context
  const obligation = p[at + LOCALS + 1]
  if (p[at + PHASE] === 1) return afterPart(context, at, obligation)
  const isDrain = p[at + LOCALS + 3] !== 0
  // What is waived happens unasked; the oracle sees the event all the same.
  const asked = isDrain ? p[at + LOCALS] : keepOwed(context, p[at + LOCALS], obligation)
  if (asked === 0 && p[at + LOCALS] > 0) return answered(context, obligation)
  const kept = keepUncovered(context, asked, obligation)
  if (kept === 0 && asked > 0) return pop(p, 1)
  const count = appendOpen(context, kept, obligation, isDrain)
  return count === 0 ? answered(context, obligation) : ask(context, at, count)
}

function answered(context: Context, obligation: number): Outcome {
  noteOpen(context, obligation)
  return pop(context.p, 1)
}

function ask(context: Context, at: number, count: number): Outcome {
  const { p, demand, parts, strategy } = context
  demand.count = gatherPart(parts, demand, count)
  demand.obligation = p[at + LOCALS + 1]
  demand.newOwner = p[at + LOCALS + 2]
  demand.mayFail = false
  demand.maySleep = false
  context.witness.count(COUNT_DEMANDS, 1)
  const ticket = strategy.demanded(context.port, demand)
  p[DEMAND_REST] = count - demand.count
  dropAsked(demand, demand.count, p[DEMAND_REST])
  return waitFor(p, ticket, 1)
}

/** One part is done with its changes. */
function afterPart(context: Context, at: number, obligation: number): Outcome {
  const { p } = context
  const rest = p[DEMAND_REST]
  p[DEMAND_REST] = 0
  if (p[TICKET_RESULT] === REFUSED) return pop(p, 0)
  const kept = keepUncovered(context, rest, obligation)
  return kept === 0 ? answered(context, obligation) : ask(context, at, kept)
}

/** Drops what the contract of its part waives. */
function keepOwed(context: Context, count: number, obligation: number): number {
  const { demand } = context
  let kept = 0
  for (let i = 0; i < count; i++) if (isOwed(context, demand.owners[i], obligation)) keep(demand, kept++, i)
  return kept
}

function isOwed({ parts }: Context, owner: number, obligation: number): boolean {
  return (waivedBy(contractOf(parts, owner)) & obligation) === 0
}

function keep({ owners, serials, tags, spaces }: Demand, to: number, from: number): void {
  owners[to] = owners[from]
  serials[to] = serials[from]
  tags[to] = tags[from]
  spaces[to] = spaces[from]
}

/** Adds what the open operation has changed and is not covered; what the demand names already is not named twice. */
function appendOpen(context: Context, kept: number, obligation: number, isDrain: boolean): number {
  const { p, log, demand } = context
  if (p[OPERATION_DEPTH] === 0) return kept
  let count = kept
  for (let index = 0; index < p[LOG_COUNT]; index++) {
    const item = logEntry(index)
    if ((log[item + LOG_BITS] & LOG_IS_SETTLED) !== 0 || isNamed(context, kept, item)) continue
    if (!isDrain && !isOwed(context, log[item + LOG_OWNER], obligation)) continue
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
  const { demand } = context
  const { owners, serials, tags, spaces } = demand
  let kept = from
  for (let i = from; i < from + count; i++) {
    if (!isCovered(context, owners[i], serials[i], tags[i], spaces[i], obligation)) keep(demand, kept++, i)
  }
  return kept - from
}

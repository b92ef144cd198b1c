import {
  type Contract,
  dueAtReturn,
  FRAME_REUSE,
  IO,
  REVOKE,
  SEEN,
  TABLE_REUSE,
  waivedBy,
} from '../contract/obligation.js'
import { arenaAt, freeAddressesFrom } from './addresses.js'
import { endOutermost } from './bracket.js'
import { isItemSettledFor, logEntry, noteEvidence, settleIfCovered } from './changeLog.js'
import type { Context } from './context.js'
import { pushDemand } from './demand.js'
import { claimListOf, freeFrame, heldListOf, trim, tryLockFree, unlockFree } from './frameSupply.js'
import { HAND_OPERATION, setInHand } from './inHand.js'
import { contractOf, partOf } from './parts.js'
import { populating, populatingDemand } from './populate.js'
import { fillEvent } from './passedEvent.js'
import {
  ADDRESS_MARK,
  HELD_OPEN,
  LAST_SERIAL,
  LOCALS,
  LOG_ALLOWED,
  LOG_BITS,
  LOG_COUNT,
  LOG_FRAME,
  LOG_IS_INHERITED,
  LOG_IS_MARKED,
  LOG_IS_SETTLED,
  LOG_IS_UNLOCKED,
  LOG_KEEPS_ADDRESS,
  LOG_OWNER,
  LOG_PAGE,
  LOG_SERIAL,
  LOG_SPACE,
  LOG_STAMP,
  LOG_TABLE,
  LOG_TAG,
  LOG_WORD,
  PHASE,
  RESULT,
} from './position.js'
import { goTo, pop, GO_ON, RAN, RETRY, type Outcome } from './routine.js'
import { OWNER_OFFSET, SERIAL_OFFSET } from '../machine/tables.js'
import { hasIssued, noteLast } from './serials.js'
import { BUSY, PENDING } from './softBits.js'
import {
  demandTables,
  heldTablesOf,
  holdTable,
  MOST_HELD_TABLES,
  reapTables,
  settleTables,
} from './tableSupply.js'

/**
 * The end of an outermost operation: demand what is due at return and not covered, unlock the
 * entries, free or hold the frames, and return.
 */

const JUDGE = 0
const DEMANDED = 1
const RELEASE = 2
const PUBLISH = 3
const TABLES_DEMANDED = 4

/** Next log entry to release; frames of unsettled changes wait in the claim list until all are there. */
const NEXT = LOCALS
/** The parts that have something unsettled, as bits. */
const UNSETTLED = LOCALS + 1
/** The obligation that was demanded. */
const ASKED = LOCALS + 2
/** Log entries released in one step, so that interrupts are taken in between. */
const RELEASE_BATCH = 64

export function stepDispose(context: Context, at: number): Outcome {
  const { p } = context
  switch (p[at + PHASE]) {
    case JUDGE:
      return judge(context, at)
    case DEMANDED:
      if (p[RESULT] !== 0) settleDemanded(context, at)
      return goTo(p, RELEASE)
    case RELEASE: {
      const end = Math.min(p[LOG_COUNT], p[at + NEXT] + RELEASE_BATCH)
      const hasFrames = p[HELD_OPEN] > 0
      if (hasFrames && !tryLockFree(context)) return RETRY
      for (let index = p[at + NEXT]; index < end; index++) release(context, at, index)
      if (hasFrames) unlockFree(context)
      p[at + NEXT] = end
      return end === p[LOG_COUNT] ? goTo(p, PUBLISH) : RAN
    }
    case PUBLISH:
      return publish(context, at)
    default:
      if (p[RESULT] !== 0) settleTables(context, p[at + NEXT])
      return pop(p, 0)
  }
}

/**
 * What is covered needs nothing. Of the rest, what is due at return is demanded now, and so is what
 * was inherited, whose owner may return much later than this operation.
 */
function judge(context: Context, at: number): Outcome {
  const { p, log, demand } = context
  let count = 0
  let asked = 0
  for (let index = 0; index < p[LOG_COUNT]; index++) {
    const item = logEntry(index)
    if (settleIfCovered(context, item)) continue
    const due = dueOf(context, item)
    if ((log[item + LOG_BITS] & (due | LOG_IS_INHERITED)) === 0) continue
    demand.owners[count] = log[item + LOG_OWNER]
    demand.serials[count] = log[item + LOG_SERIAL]
    demand.tags[count] = log[item + LOG_TAG]
    demand.spaces[count] = log[item + LOG_SPACE]
    asked |= log[item + LOG_BITS] & due
    count++
  }
  if (count === 0) return goTo(p, RELEASE)
  p[at + ASKED] = nextDue(context, asked)
  goTo(p, DEMANDED)
  pushDemand(context, count, p[at + ASKED], -1)
  return GO_ON
}

function dueOf({ log, parts }: Context, item: number): number {
  return dueAtEnd(contractOf(parts, log[item + LOG_OWNER]))
}

/** The write-out of what an operation has cleaned begins with its end, and no contract but `none` lets it begin unflushed. */
function dueAtEnd(contract: Contract): number {
  return dueAtReturn(contract) | (IO & ~waivedBy(contract))
}

/** The one obligation that a demand names: the hardest that is due. */
function nextDue(context: Context, due: number): number {
  if ((due & REVOKE) !== 0) return REVOKE
  if ((due & IO) !== 0) return IO
  return (due & SEEN) !== 0 ? SEEN : populatingDemand(context)
}

/** Evidence for what was asked for; a frame or an address may be owed further. */
function settleDemanded(context: Context, at: number): void {
  const { p, log } = context
  for (let index = 0; index < p[LOG_COUNT]; index++) {
    const item = logEntry(index)
    const asked = dueOf(context, item) | LOG_IS_INHERITED
    if ((log[item + LOG_BITS] & asked) !== 0) noteEvidence(context, item, p[at + ASKED])
  }
}

function release(context: Context, at: number, index: number): void {
  const { p, log, frames, witness, parts } = context
  const item = logEntry(index)
  const bits = log[item + LOG_BITS]
  const isSettled = (bits & LOG_IS_SETTLED) !== 0
  unlockItem(context, index)
  if ((bits & LOG_IS_INHERITED) !== 0) return
  if (isItemSettledFor(context, item, populating(context)) && (bits & LOG_IS_MARKED) !== 0)
    unmark(context, item)
  const owner = log[item + LOG_OWNER]
  // Under `none` all that is waived is counted.
  const isNone = contractOf(parts, owner) === 'none'
  const events = bits & (isNone ? SEEN | REVOKE | IO : dueOf(context, item))
  for (const obligation of RETURN_EVENTS) {
    if ((events & obligation) === 0) continue
    const { passed } = context
    fillEvent(
      passed,
      obligation,
      owner,
      log[item + LOG_SPACE],
      log[item + LOG_PAGE],
      log[item + LOG_STAMP],
    ).allowed = log[item + LOG_ALLOWED]
    witness.event(passed)
  }
  if (!isSettled) {
    p[at + UNSETTLED] |= 1 << partOf(parts, owner)
    noteLast(context, owner, log[item + LOG_SERIAL])
  }
  if (log[item + LOG_TABLE] >= 0) releaseTable(context, item)
  const frame = log[item + LOG_FRAME]
  if (frame < 0) return
  if (isItemSettledFor(context, item, FRAME_REUSE)) freeFrame(context, frame)
  else frames.append(claimListOf(context), frame)
}

/** After the entries that lie in it, which come before it in the log: nobody but this CPU writes to them any more. */
function releaseTable(context: Context, item: number): void {
  const { log } = context
  holdTable(
    context,
    log[item + LOG_TABLE],
    log[item + LOG_OWNER],
    log[item + LOG_SPACE],
    log[item + LOG_PAGE],
    log[item + LOG_STAMP],
    log[item + LOG_SERIAL],
    log[item + LOG_TAG],
    isItemSettledFor(context, item, TABLE_REUSE),
  )
}

const RETURN_EVENTS = [SEEN, REVOKE, IO]

/** Puts what stays held where other CPUs can find it, and closes the bracket. */
function publish(context: Context, at: number): Outcome {
  const { p, frames } = context
  const claimed = claimListOf(context)
  if (frames.count(claimed) > 0) {
    const held = heldListOf(context, context.cpu)
    if (!frames.tryLock(held)) return RETRY
    frames.appendAll(held, claimed)
    frames.unlock(held)
  }
  const isSettled = p[at + UNSETTLED] === 0
  if (isSettled) freeAddresses(context)
  // What was only inherited is not this operation's exposure.
  if (hasIssued(context)) tellExposed(context, p[at + UNSETTLED])
  p[HELD_OPEN] = 0
  setInHand(context, HAND_OPERATION, false)
  trim(context)
  endOutermost(context)
  reapTables(context)
  if (frames.count(heldTablesOf(context)) <= MOST_HELD_TABLES) return pop(p, 0)
  p[at + NEXT] = demandTables(context)
  p[at + PHASE] = TABLES_DEMANDED
  pushDemand(context, p[at + NEXT], TABLE_REUSE, -1)
  return GO_ON
}

/** Of the operation, in every arena. */
function freeAddresses(context: Context): void {
  const { p, words } = context
  for (let index = 0; index < words.arenaKinds; index++)
    freeAddressesFrom(context, arenaAt(context, index), p[ADDRESS_MARK + index])
}

/** @param unsettled the parts that have something unsettled, as bits */
function tellExposed({ cpu, p, parts, witness }: Context, unsettled: number): void {
  if (unsettled === 0) witness.exposed(cpu * parts.count, p[LAST_SERIAL], true)
  for (let part = 0; part < parts.count; part++)
    if ((unsettled & (1 << part)) !== 0)
      witness.exposed(cpu * parts.count + part, p[LAST_SERIAL + part], false)
}

/**
 * Lets other CPUs have the entry again. Settled: as it is. Not settled: marked as pending where its
 * address stays in use, so that whoever populates it next demands the change first; where the address
 * itself is held, nobody can.
 */
export function unlockItem(context: Context, index: number): void {
  const { log, memory } = context
  const item = logEntry(index)
  const bits = log[item + LOG_BITS]
  if ((bits & LOG_IS_UNLOCKED) !== 0) return
  const isMarked = !isItemSettledFor(context, item, populating(context)) && (bits & LOG_KEEPS_ADDRESS) !== 0
  if (isMarked) memory.or(log[item + LOG_WORD], PENDING)
  memory.and(log[item + LOG_WORD], ~BUSY)
  log[item + LOG_BITS] = bits | LOG_IS_UNLOCKED | (isMarked ? LOG_IS_MARKED : 0)
}

/**
 * A part of a batch has handed the entry over, and the change is settled now: nobody needs to demand
 * it any more. Under the lock, because the mark may be another CPU's by now.
 */
function unmark(context: Context, item: number): void {
  const { log, memory } = context
  const word = log[item + LOG_WORD]
  const entry = memory.load(word)
  if ((entry & BUSY) !== 0 || (entry & PENDING) === 0) return
  if (memory.compareExchange(word, entry, entry | BUSY) !== entry) return
  const isOwn =
    memory.peek(word + OWNER_OFFSET) === log[item + LOG_OWNER] &&
    memory.peek(word + SERIAL_OFFSET) === log[item + LOG_SERIAL]
  memory.and(word, isOwn ? ~(BUSY | PENDING) : ~BUSY)
}

import { BINDING, provenBy } from '../contract/obligation.js'
import { OWNER_OFFSET, SERIAL_OFFSET, STAMP_OFFSET, TAG_OFFSET } from '../machine/tables.js'
import type { Context } from './context.js'
import { isCovered } from './covered.js'
import { populating } from './populate.js'
import {
  LOG_ALLOWED,
  LOG_BITS,
  LOG_COUNT,
  LOG_EVIDENCE,
  LOG_FRAME,
  LOG_IS_INHERITED,
  LOG_IS_SETTLED,
  LOG_IS_UNLOCKED,
  LOG_OWNER,
  LOG_PAGE,
  LOG_SERIAL,
  LOG_SPACE,
  LOG_STAMP,
  LOG_TABLE,
  LOG_TAG,
  LOG_WORD,
  LOG_WORDS,
} from './position.js'
import { isOfThisOperation } from './serials.js'

/**
 * The changes of the outermost open operation, one entry each, in words of this CPU. It is as long as
 * the largest operation on the tape, so it cannot overflow.
 */
export function logEntry(index: number): number {
  return index * LOG_WORDS
}

export function addToLog(
  context: Context,
  word: number,
  space: number,
  page: number,
  owner: number,
  serial: number,
  stamp: number,
  frame: number,
): number {
  const { p, log } = context
  const item = p[LOG_COUNT] * LOG_WORDS
  if (item >= log.length) throw new Error('the change log is shorter than the largest operation')
  p[LOG_COUNT]++
  log[item + LOG_WORD] = word
  log[item + LOG_SPACE] = space
  log[item + LOG_PAGE] = page
  log[item + LOG_OWNER] = owner
  log[item + LOG_SERIAL] = serial
  log[item + LOG_TAG] = 0
  log[item + LOG_STAMP] = stamp
  log[item + LOG_FRAME] = frame
  log[item + LOG_BITS] = 0
  log[item + LOG_ALLOWED] = 0
  log[item + LOG_EVIDENCE] = 0
  log[item + LOG_TABLE] = -1
  return item
}

/**
 * The range contains an entry that an unsettled operation of another CPU has changed. This operation
 * must not return as if the page were gone: the other CPU has not flushed yet (two concurrent
 * gathers, Linux `tlb_flush_pending`). Its change is demanded with this operation's own. What this
 * operation itself has changed before stands in the log already, and a step that was tried again has
 * noted it the first time.
 */
export function noteInherited(context: Context, space: number, page: number, word: number): void {
  const { p, memory, log } = context
  const owner = memory.peek(word + OWNER_OFFSET)
  const serial = memory.peek(word + SERIAL_OFFSET)
  const tag = memory.peek(word + TAG_OFFSET)
  if (isOfThisOperation(context, owner, serial)) return
  const last = logEntry(p[LOG_COUNT] - 1)
  if (p[LOG_COUNT] > 0 && log[last + LOG_WORD] === word && log[last + LOG_SERIAL] === serial) return
  if (isCovered(context, owner, serial, tag, space, populating(context))) return
  const item = addToLog(context, word, space, page, owner, serial, memory.peek(word + STAMP_OFFSET), -1)
  log[item + LOG_TAG] = tag
  log[item + LOG_BITS] = LOG_IS_INHERITED | LOG_IS_UNLOCKED | populating(context)
}

/** SETTLED from `finished`: every change from `start` on that this CPU made itself. */
export function claimLog(context: Context, start: number): void {
  const { count } = context.parts
  for (let part = 0; part < count; part++) claimPart(context, start, context.cpu * count + part)
}

function claimPart(context: Context, start: number, owner: number): void {
  const { p, log } = context
  let first = -1
  let last = -1
  for (let index = start; index < p[LOG_COUNT]; index++) {
    const item = logEntry(index)
    if ((log[item + LOG_BITS] & LOG_IS_INHERITED) !== 0 || log[item + LOG_OWNER] !== owner) continue
    log[item + LOG_BITS] |= LOG_IS_SETTLED
    if (first < 0) first = item
    last = item
  }
  if (first >= 0) context.witness.claimed(owner, log[first + LOG_SERIAL], log[last + LOG_SERIAL])
}

/** The part of a log entry's bits that are obligations. */
const OBLIGATION_MASK = 0xffff

/** Settled for one obligation, or by a claim for all. */
export function isItemSettledFor(context: Context, item: number, obligation: number): boolean {
  const { log } = context
  return (
    (log[item + LOG_BITS] & LOG_IS_SETTLED) !== 0 || (log[item + LOG_EVIDENCE] & obligation) === obligation
  )
}

/** Whether nothing that the change owes can be broken any more; noted if so. */
export function settleIfCovered(context: Context, item: number): boolean {
  const { log } = context
  if ((log[item + LOG_BITS] & LOG_IS_SETTLED) !== 0) return true
  const owed = log[item + LOG_BITS] & OBLIGATION_MASK & BINDING & ~log[item + LOG_EVIDENCE]
  const isSettled =
    owed === 0 ||
    isCovered(
      context,
      log[item + LOG_OWNER],
      log[item + LOG_SERIAL],
      log[item + LOG_TAG],
      log[item + LOG_SPACE],
      owed,
    )
  if (isSettled) log[item + LOG_BITS] |= LOG_IS_SETTLED
  return isSettled
}

/** A demand that named the change was answered: evidence for what it was about, and for no more. */
export function noteEvidence(context: Context, item: number, obligation: number): void {
  context.log[item + LOG_EVIDENCE] |= provenBy(obligation)
  settleIfCovered(context, item)
}

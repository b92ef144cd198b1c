import { SCOPE_SPACE } from '../contract/change.js'
import { TABLE_REUSE } from '../contract/obligation.js'
import { ENTRIES_PER_TABLE, FRAME_SHIFT, HARDWARE_FLAGS, PRESENT } from '../contract/page.js'
import { SETTLED } from '../contract/ticket.js'
import { COST_ENTRY_WRITE } from '../machine/costs.js'
import { MAPPINGS_OFFSET, OWNER_OFFSET, SERIAL_OFFSET, STAMP_OFFSET, TAG_OFFSET } from '../machine/tables.js'
import { SPACE_ROOT } from '../machine/words.js'
import { addToLog, logEntry } from './changeLog.js'
import type { Context } from './context.js'
import { fillEvent, LEVEL_DIRECTORY } from './passedEvent.js'
import {
  LOG_BITS,
  LOG_COUNT,
  LOG_IS_SETTLED,
  LOG_IS_UNLOCKED,
  LOG_OWNER,
  LOG_SERIAL,
  LOG_TABLE,
  LOG_TAG,
  OPERATION_ID,
  PHASE,
  TICKET_RESULT,
} from './position.js'
import { COUNT, FIRST, KIND, OPERATION, PAGE, SPACE_OF, WORD } from './rangeEdit.js'
import { goTo, GO_ON, waitFor, type Outcome } from './routine.js'
import { tableRuleFor } from './rules.js'
import { hasIssued, issuedWord, noteLast, ownerFor } from './serials.js'
import { firstLeafOf } from './tableSupply.js'

/**
 * The end of an unmap, where leaf tables without a mapping are freed. A directory entry counts the
 * mappings in its span. Who takes out the last one locks the count, so that nobody maps into the span
 * while the entry is cleared: a fault that had looked the table up before would install its page into a
 * table that nobody can reach.
 */

/** In place of the count of mappings. */
export const FREEING = -1

/** The directory entry above a page; its own table is there, because a mapping was entered below it. */
export function directoryWord(context: Context, space: number, page: number): number {
  const { memory, tables, words } = context
  const root = memory.peek(words.spaces.base + space * words.spaces.stride + SPACE_ROOT)
  return tables.growTo(root, page, 2)
}

export function nextSpan(page: number): number {
  return page - (page % ENTRIES_PER_TABLE) + ENTRIES_PER_TABLE
}

/** One span: its mapping is gone; if it was the last, so is its table. @param write the phase that clears the entry */
export function leaveSpan(context: Context, at: number, write: number, finish: number): Outcome {
  const { p, memory, strategy } = context
  const page = p[at + PAGE]
  if (page >= p[at + FIRST] + p[at + COUNT]) return goTo(p, finish)
  const word = directoryWord(context, p[at + SPACE_OF], page)
  const count = word + MAPPINGS_OFFSET
  const isLast = memory.add(count, -1) === 1 && memory.compareExchange(count, 0, FREEING) === 0
  if (!isLast) return skip(context, at)
  if ((memory.load(word) & PRESENT) === 0) {
    memory.store(count, 0)
    return skip(context, at)
  }
  p[at + WORD] = word
  if (strategy.changing === undefined) return goTo(p, write)
  fillTableChange(context, at, memory.load(word), 0)
  return waitFor(p, strategy.changing(context.port, context.change), write)
}

function skip(context: Context, at: number): Outcome {
  const { p } = context
  p[at + PAGE] = nextSpan(p[at + PAGE])
  // The same phase again.
  return GO_ON
}

function fillTableChange(context: Context, at: number, entry: number, serial: number): void {
  const { p, change } = context
  const rule = tableRuleFor(p[at + OPERATION], p[at + KIND])
  change.serial = serial
  change.operation = p[OPERATION_ID]
  change.space = p[at + SPACE_OF]
  change.scope = SCOPE_SPACE
  // Any page of the span stands for the table: its invalidation drops what is cached of the way there.
  change.firstPage = p[at + PAGE]
  change.pageCount = 1
  change.levels = 2
  change.kind = p[at + KIND]
  change.oldFlags = entry & HARDWARE_FLAGS
  change.newFlags = 0
  change.tablesFreed = true
  change.obligations = rule.obligations
}

/** Clears the directory entry. The order of what follows is THE INVARIANT of src/contract/change.ts. */
export function clearDirectory(context: Context, at: number, changed: number): Outcome {
  const { p, log, memory, witness } = context
  const word = p[at + WORD]
  const entry = memory.exchange(word, 0)
  const table = entry >>> FRAME_SHIFT
  const stamp = witness.stampTable(word, firstLeafOf(context, entry))
  const owner = ownerFor(context, p[at + KIND])
  const issued = issuedWord(context, owner)
  if (!hasIssued(context)) witness.changing()
  const serial = (memory.peek(issued) + 1) | 0
  fillTableChange(context, at, entry, serial)
  const { change } = context
  const opened = fillEvent(context.passed, TABLE_REUSE, owner, change.space, change.firstPage, stamp)
  opened.level = LEVEL_DIRECTORY
  opened.frame = table
  witness.opened(serial, opened)
  memory.store(issued, serial)
  memory.poke(word + STAMP_OFFSET, stamp)
  memory.poke(word + OWNER_OFFSET, owner)
  memory.poke(word + SERIAL_OFFSET, serial)
  context.meter.charge(COST_ENTRY_WRITE, 1)
  const item = addToLog(context, word, change.space, change.firstPage, owner, serial, stamp, -1)
  log[item + LOG_BITS] = change.obligations | LOG_IS_UNLOCKED
  log[item + LOG_TABLE] = table
  change.tag = 0
  const ticket = context.strategy.changed(context.port, change)
  log[item + LOG_TAG] = change.tag
  memory.poke(word + TAG_OFFSET, change.tag)
  noteLast(context, owner, serial)
  return waitFor(p, ticket, changed)
}

/** The strategy knows of it: others may map into the span again, below another table. */
export function directoryCleared(context: Context, at: number, tables: number): Outcome {
  const { p, log, memory } = context
  const item = logEntry(p[LOG_COUNT] - 1)
  if (p[TICKET_RESULT] === SETTLED) {
    context.witness.claimed(log[item + LOG_OWNER], log[item + LOG_SERIAL], log[item + LOG_SERIAL])
    log[item + LOG_BITS] |= LOG_IS_SETTLED
  }
  memory.store(p[at + WORD] + MAPPINGS_OFFSET, 0)
  p[at + PAGE] = nextSpan(p[at + PAGE])
  p[at + PHASE] = tables
  return GO_ON
}

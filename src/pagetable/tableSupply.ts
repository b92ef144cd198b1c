import { OWNER_OFFSET, SERIAL_OFFSET, STAMP_OFFSET } from '../machine/tables.js'
import { TABLE_REUSE } from '../contract/obligation.js'
import { FRAME_SHIFT, PRESENT } from '../contract/page.js'
import { OWNER_TABLE } from '../machine/frames.js'
import type { Context } from './context.js'
import { isCovered } from './covered.js'
import { fillEvent, LEVEL_DIRECTORY } from './passedEvent.js'

/**
 * Leaf tables between two uses: held by the CPU that took them out, until no walk can reach them, then
 * spare for everybody. Directories above them are never freed.
 */

/** Tables that a CPU holds before it demands them: few, because a machine has few spare ones. A proposal. */
export const MOST_HELD_TABLES = 16

/** In place of the owner of the change: settled, whatever the watermark says. */
const NOBODY = -1

export function freesTables(context: Context): boolean {
  return context.profile.memory.tableFreeing.value === 'empty'
}

export function heldTablesOf(context: Context): number {
  return context.words.heldTables.base + context.cpu * context.words.heldTables.stride
}

/** The word of a page's leaf entry, below a table that is added if there is none; -1: the spare tables are locked. */
export function growLeaf(context: Context, root: number, page: number): number {
  const { memory, tables } = context
  if (!freesTables(context)) return tables.growTo(root, page, 1)
  const directory = tables.growTo(root, page, 2)
  const entry = memory.load(directory)
  if ((entry & PRESENT) !== 0) return tables.entryWord(entry >>> FRAME_SHIFT, 1, page)
  const table = takeTable(context)
  if (table < 0) return -1
  // What was under this directory entry before was changed at that reading or earlier: no translation
  // from then may outlive the new entries.
  const stamp = memory.peek(directory + STAMP_OFFSET)
  tables.clear(table, stamp, memory.peek(directory + OWNER_OFFSET), memory.peek(directory + SERIAL_OFFSET))
  const installed = memory.compareExchange(directory, entry, tables.directoryEntry(table))
  const winner = installed === entry ? table : installed >>> FRAME_SHIFT
  return tables.entryWord(winner, 1, page)
}

function takeTable(context: Context): number {
  const { frames, tables, words, passed } = context
  const list = words.spareTables
  if (frames.count(list) === 0) return tables.allocate()
  if (!frames.tryLock(list)) return -1
  const table = frames.take(list)
  frames.unlock(list)
  if (table < 0) return tables.allocate()
  const space = frames.lastSpace(table)
  const page = frames.lastPage(table)
  fillEvent(passed, TABLE_REUSE, frames.lastBy(table), space, page, frames.lastStamp(table))
  passed.level = LEVEL_DIRECTORY
  passed.frame = table
  // Before the first word of the table is written: from here on a walk through it reads something else.
  context.witness.event(passed)
  frames.give(table, OWNER_TABLE)
  return table
}

/** Keeps a table that was taken out of the tree; only this CPU touches its list of them. */
export function holdTable(
  context: Context,
  table: number,
  owner: number,
  space: number,
  page: number,
  stamp: number,
  serial: number,
  tag: number,
  isSettled: boolean,
): void {
  const { frames } = context
  frames.hold(table, isSettled ? NOBODY : owner, serial, tag)
  frames.setLast(table, space, page, stamp)
  frames.setLastBy(table, owner)
  frames.append(heldTablesOf(context), table)
}

/** Makes the oldest held tables spare, as far as no walk can reach them. */
export function reapTables(context: Context): void {
  const { frames, words } = context
  const held = heldTablesOf(context)
  if (frames.count(held) === 0 || !isTableCovered(context, frames.first(held))) return
  if (!frames.tryLock(words.spareTables)) return
  while (frames.count(held) > 0 && isTableCovered(context, frames.first(held)))
    frames.append(words.spareTables, frames.take(held))
  frames.unlock(words.spareTables)
}

function isTableCovered(context: Context, table: number): boolean {
  const { frames } = context
  const by = frames.heldBy(table)
  if (by === NOBODY) return true
  const space = frames.lastSpace(table)
  return isCovered(context, by, frames.heldSerial(table), frames.heldTag(table), space, TABLE_REUSE)
}

/** Writes the held tables into the demand; how many. */
export function demandTables(context: Context): number {
  const { frames, demand } = context
  let count = 0
  for (let table = frames.first(heldTablesOf(context)); table >= 0; table = frames.next(table)) {
    if (count === demand.owners.length || frames.heldBy(table) === NOBODY) break
    demand.owners[count] = frames.heldBy(table)
    demand.serials[count] = frames.heldSerial(table)
    demand.tags[count] = frames.heldTag(table)
    demand.spaces[count] = frames.lastSpace(table)
    count++
  }
  return count
}

/** The demand for the first `count` held tables was answered. */
export function settleTables(context: Context, count: number): void {
  const { frames } = context
  let table = frames.first(heldTablesOf(context))
  for (let i = 0; i < count; i++) {
    frames.hold(table, NOBODY, 0, 0)
    table = frames.next(table)
  }
  reapTables(context)
}

/** The first leaf entry below a directory entry. */
export function firstLeafOf(context: Context, entry: number): number {
  return context.tables.entryWord(entry >>> FRAME_SHIFT, 1, 0)
}

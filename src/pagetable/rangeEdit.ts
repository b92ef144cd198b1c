import { KIND_DIRECT_MAP, KIND_EPHEMERAL, type Change, type Kind } from '../contract/change.js'
import {
  LEVEL_CALL,
  LEVEL_RANGE,
  OPERATION_ADVISE_AWAY,
  OPERATION_PROTECT,
  OPERATION_PUT,
  OPERATION_TEARDOWN,
  OPERATION_UNMAP,
  OPERATION_WRITE_OUT,
  OPERATION_ZAP_DIRECT,
} from '../contract/operation.js'
import { VA_REUSE } from '../contract/obligation.js'
import { DIRTY, HARDWARE_FLAGS, PERMISSIONS, PRESENT, WRITABLE } from '../contract/page.js'
import type { Context } from './context.js'
import { NO_SPACE } from './bracket.js'
import { CROWDED, LOCALS, OPERATION_DEPTH, OPERATION_ID, top } from './position.js'
import { populating } from './populate.js'
import { ruleFor, takes } from './rules.js'
import { CLEANED, PENDING, READ_ONLY } from './softBits.js'

/**
 * What an operation over a range is, and what it makes of an entry. Where it stands is in the locals
 * of its routine (rangeOperation.ts).
 */
export const OPERATION = LOCALS
export const SPACE_OF = LOCALS + 1
export const FIRST = LOCALS + 2
export const COUNT = LOCALS + 3
export const KIND = LOCALS + 4
/** Flags that protect leaves to the mapping. */
const GRANT = LOCALS + 5
export const PAGE = LOCALS + 6
export const LOG_START = LOCALS + 7
export const WORD = LOCALS + 8
/** The handle that is pinned until the operation ends, plus one; 0: none. */
export const PINNED = LOCALS + 9

/** The mapping must stay until the operation that was just pushed has ended: its tables could be freed under it. */
export function pinUntilEnd(context: Context, handle: number): void {
  context.p[top(context.p) + PINNED] = handle + 1
}

/** Nobody else looks into a CPU's window: a put crowds no other operation and is crowded by none. */
export function bracketedSpace(p: Int32Array, at: number): number {
  return p[at + OPERATION] === OPERATION_PUT ? NO_SPACE : p[at + SPACE_OF]
}

/** Whether a page of that kind is free once its entry is gone; else somebody else has it still. */
export function ownsFrame(kind: Kind): boolean {
  return kind !== KIND_DIRECT_MAP && kind !== KIND_EPHEMERAL
}

/** Whether the addresses go with the entries. */
export function unmaps(operation: number): boolean {
  return operation === OPERATION_UNMAP || operation === OPERATION_TEARDOWN
}

/**
 * An entry that is not present makes no change, but a protection must be remembered for the next
 * fault, and forgotten with the mapping: the address is dealt out again.
 * @returns false: another CPU has changed the entry meanwhile
 */
export function remember(context: Context, at: number, entry: number): boolean {
  const { p, memory } = context
  const isProtect = p[at + OPERATION] === OPERATION_PROTECT
  const isRemembered = isProtect && (p[at + GRANT] & WRITABLE) === 0
  if (!isProtect && !unmaps(p[at + OPERATION])) return true
  const marked = isRemembered ? entry | READ_ONLY : entry & ~READ_ONLY
  return marked === entry || memory.compareExchange(p[at + WORD], entry, marked) === entry
}

export function newEntry(context: Context, at: number, entry: number): number {
  const { p } = context
  switch (p[at + OPERATION]) {
    case OPERATION_UNMAP:
    case OPERATION_PUT:
    case OPERATION_TEARDOWN:
      return 0
    case OPERATION_ADVISE_AWAY:
      return (entry & WRITABLE) === 0 ? READ_ONLY : 0
    case OPERATION_ZAP_DIRECT:
      return entry & ~PRESENT
    case OPERATION_WRITE_OUT:
      return (entry & DIRTY) === 0 ? entry & ~PENDING : writeOut(entry)
    default: {
      const own = entry & ~CLEANED
      return (p[at + GRANT] & WRITABLE) !== 0 ? own | WRITABLE : own & ~WRITABLE
    }
  }
}

function writeOut(entry: number): number {
  const clean = entry & ~(WRITABLE | DIRTY)
  return (entry & WRITABLE) === 0 ? clean : clean | CLEANED
}

/** What an entry that is still cached may grant: nothing where the page is gone. */
export function allowedBy(written: number): number {
  return (written & PRESENT) === 0 ? 0 : (written & PERMISSIONS) | PRESENT
}

export function fillOperation(context: Context, at: number): void {
  const { operation, p } = context
  operation.id = p[OPERATION_ID]
  operation.depth = p[OPERATION_DEPTH] - 1
  operation.level = operation.depth > 0 ? LEVEL_RANGE : LEVEL_CALL
  operation.kind = p[at + OPERATION]
  operation.space = p[at + SPACE_OF]
  operation.firstPage = p[at + FIRST]
  operation.pageCount = p[at + COUNT]
  operation.wholeSpace = false
  operation.crowded = p[CROWDED] !== 0
}

export function fillChange(context: Context, at: number, old: number, written: number, serial: number): void {
  const { p } = context
  const change: Change = context.change
  const rule = ruleFor(p[at + OPERATION], p[at + KIND], takes(old, written))
  change.serial = serial
  change.operation = p[OPERATION_ID]
  change.space = p[at + SPACE_OF]
  change.scope = rule.scope
  change.firstPage = p[at + PAGE]
  change.pageCount = 1
  change.entry = context.tables.entryIndex(p[at + WORD])
  change.levels = 1
  change.kind = p[at + KIND]
  change.oldFlags = old & HARDWARE_FLAGS
  change.newFlags = written & HARDWARE_FLAGS
  change.tablesFreed = false
  change.expiry = context.entries.expiryOf(p[at + WORD])
  const owed = context.device.isTrusted ? (rule.ofTrusted ?? rule.obligations) : rule.obligations
  // The row of such a machine owes it wherever it owes the address.
  change.obligations = owed | ((owed & VA_REUSE) !== 0 ? populating(context) : 0)
}

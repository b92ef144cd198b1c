import { reachedSerial } from '../contract/change.js'
import type { Context } from './context.js'
import { cpuOf, ownerOf, partOf } from './parts.js'
import { LAST_SERIAL, SERIAL_AT_BEGIN } from './position.js'

/** The serials that this CPU issues: one sequence for each part of the strategy. */

export function issuedWord(context: Context, owner: number): number {
  return context.words.issued.base + owner * context.words.issued.stride
}

/** Whose change an edit of this CPU is. */
export function ownerFor(context: Context, kind: number): number {
  return ownerOf(context.parts, context.cpu, kind)
}

function issuedBy(context: Context, part: number): number {
  return context.memory.peek(issuedWord(context, context.cpu * context.parts.count + part))
}

/** An outermost operation begins: later serials are its own. */
export function noteSerials(context: Context): void {
  for (let part = 0; part < context.parts.count; part++)
    context.p[SERIAL_AT_BEGIN + part] = issuedBy(context, part)
}

/** Whether the open operation has made a change. */
export function hasIssued(context: Context): boolean {
  for (let part = 0; part < context.parts.count; part++)
    if (issuedBy(context, part) !== context.p[SERIAL_AT_BEGIN + part]) return true
  return false
}

/** Whether a change was made by the open operation of this CPU. */
export function isOfThisOperation({ cpu, p, parts }: Context, owner: number, serial: number): boolean {
  return cpuOf(parts, owner) === cpu && !reachedSerial(p[SERIAL_AT_BEGIN + partOf(parts, owner)], serial)
}

/** The last change of its part. */
export function noteLast({ p, parts }: Context, owner: number, serial: number): void {
  p[LAST_SERIAL + partOf(parts, owner)] = serial
}

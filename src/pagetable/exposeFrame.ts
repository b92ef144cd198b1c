import { KIND_DIRECT_MAP } from '../contract/change.js'
import { dueWithinDeadline, EXPOSE, waivedBy } from '../contract/obligation.js'
import { DIRECT_MAP_BASE, KERNEL_SPACE } from '../contract/page.js'
import { OWNER_OFFSET, SERIAL_OFFSET, STAMP_OFFSET, TAG_OFFSET } from '../machine/tables.js'
import { SPACE_ROOT } from '../machine/words.js'
import type { Context } from './context.js'
import { isCovered } from './covered.js'
import { pushDemand } from './demand.js'
import { contractOf } from './parts.js'
import { fillEvent } from './passedEvent.js'
import { OPERATION_DEPTH, SPACE } from './position.js'
import { ownerFor } from './serials.js'
import { PENDING } from './softBits.js'

/** The part of a guest's fault that hands over a frame, once the direct map's entry of it is zapped. */

function directWord(context: Context, frame: number): number {
  const { memory, tables, words } = context
  const root = memory.peek(words.spaces.base + KERNEL_SPACE * words.spaces.stride + SPACE_ROOT)
  return tables.leafWord(root, DIRECT_MAP_BASE + frame)
}

/** The page is about to be handed over: a zap that is not settled is demanded now, also inside a batch. */
export function demandExposure(context: Context, frame: number): void {
  const { p, memory, demand } = context
  const word = directWord(context, frame)
  const contract = contractOf(context.parts, ownerFor(context, KIND_DIRECT_MAP))
  const mayPass = ((waivedBy(contract) | dueWithinDeadline(contract)) & EXPOSE) !== 0
  if (mayPass || (memory.load(word) & PENDING) === 0) return
  demand.owners[0] = memory.peek(word + OWNER_OFFSET)
  demand.serials[0] = memory.peek(word + SERIAL_OFFSET)
  demand.tags[0] = memory.peek(word + TAG_OFFSET)
  demand.spaces[0] = KERNEL_SPACE
  pushDemand(context, 1, EXPOSE, p[SPACE])
}

/** The direct map no longer reaches the frame, on any CPU: from here on it belongs to the guest. */
export function expose(context: Context, frame: number): void {
  const { memory, frames } = context
  const page = DIRECT_MAP_BASE + frame
  const word = directWord(context, frame)
  const stamp = memory.peek(word + STAMP_OFFSET)
  frames.setZapped(frame, true)
  const owner = ownerFor(context, KIND_DIRECT_MAP)
  if ((dueWithinDeadline(contractOf(context.parts, owner)) & EXPOSE) !== 0) {
    watchDeadline(context, word)
    return
  }
  fillEvent(context.passed, EXPOSE, owner, KERNEL_SPACE, page, stamp).frame = frame
  context.witness.event(context.passed)
}

/** A part of a batch is not in the batch's log any more, so its own deadline begins here; an operation has begun its own. */
function watchDeadline(context: Context, word: number): void {
  const { p, memory } = context
  if (p[OPERATION_DEPTH] === 0) return
  const owner = memory.peek(word + OWNER_OFFSET)
  const serial = memory.peek(word + SERIAL_OFFSET)
  const tag = memory.peek(word + TAG_OFFSET)
  if (isCovered(context, owner, serial, tag, KERNEL_SPACE, EXPOSE)) return
  context.witness.exposed(owner, serial, false)
}

import { FRAME_REUSE } from '../contract/obligation.js'
import { DIRECT_MAP_BASE, KERNEL_SPACE, PRESENT } from '../contract/page.js'
import { COST_ENTRY_WRITE } from '../machine/costs.js'
import { OWNER_FREE } from '../machine/frames.js'
import { SPACE_ROOT } from '../machine/words.js'
import type { Context } from './context.js'
import { isCovered } from './covered.js'
import { HELD_LISTED, HELD_OPEN, HELD_PEAK } from './position.js'

/**
 * Frames between two owners: held, free on a CPU's list, free in the pool. Nothing here waits; the
 * routine that does is takeFrame.ts.
 */

/** A CPU's free list gives a batch back when it has grown past this many batches (Linux: `pcp->high` is 6 batches). */
const HIGH_BATCHES = 6

export function freeListOf(context: Context, cpu: number): number {
  return context.words.freeLists.base + cpu * context.words.freeLists.stride
}

export function heldListOf(context: Context, cpu: number): number {
  return context.words.heldLists.base + cpu * context.words.heldLists.stride
}

export function claimListOf(context: Context): number {
  return context.words.claimLists.base + context.cpu * context.words.claimLists.stride
}

/** A frame was taken out of the page table and is not free yet. */
export function noteHeld(context: Context): void {
  const { p } = context
  p[HELD_OPEN]++
  const held = p[HELD_OPEN] + p[HELD_LISTED]
  if (held > p[HELD_PEAK]) p[HELD_PEAK] = held
}

/**
 * The own free list is locked for as long as a step takes from it or adds to it: a CPU that is short
 * of frames may be taking one out of it. False: it is, so try again.
 */
export function tryLockFree(context: Context): boolean {
  return context.frames.tryLock(freeListOf(context, context.cpu))
}

export function unlockFree(context: Context): void {
  context.frames.unlock(freeListOf(context, context.cpu))
}

/**
 * The frame's change is settled: it goes to this CPU's free list, which is locked, and back into the
 * direct map if it was taken out.
 */
export function freeFrame(context: Context, frame: number): void {
  const { frames } = context
  if (frames.isZapped(frame)) restoreDirect(context, frame)
  frames.give(frame, OWNER_FREE)
  frames.put(freeListOf(context, context.cpu), frame, context.profile.memory.frameReuse.value)
}

/**
 * Makes the frame's direct-map entry present again: it was not, so nobody caches it and nothing is
 * flushed. Cannot fail, because the large page was split before the first zap.
 */
function restoreDirect(context: Context, frame: number): void {
  const { memory, tables, words } = context
  const root = memory.peek(words.spaces.base + KERNEL_SPACE * words.spaces.stride + SPACE_ROOT)
  memory.or(tables.leafWord(root, DIRECT_MAP_BASE + frame), PRESENT)
  context.frames.setZapped(frame, false)
  context.meter.charge(COST_ENTRY_WRITE, 1)
}

/** Frees the oldest frames that this CPU holds, as far as they are covered. Not if another CPU is just looking. */
export function reapFrames(context: Context): void {
  const list = heldListOf(context, context.cpu)
  if (context.frames.count(list) === 0 || !tryLockFree(context)) return
  if (context.frames.tryLock(list)) {
    takeCovered(context, list)
    context.frames.unlock(list)
  }
  unlockFree(context)
}

/** Moves covered frames from the head of a locked held list to this CPU's free list, locked too; how many. */
export function takeCovered(context: Context, list: number): number {
  const { frames } = context
  let taken = 0
  for (;;) {
    const frame = frames.first(list)
    if (frame < 0 || !isFrameCovered(context, frame)) return taken
    frames.take(list)
    freeFrame(context, frame)
    taken++
  }
}

function isFrameCovered(context: Context, frame: number): boolean {
  const { frames } = context
  const by = frames.heldBy(frame)
  return isCovered(
    context,
    by,
    frames.heldSerial(frame),
    frames.heldTag(frame),
    frames.lastSpace(frame),
    FRAME_REUSE,
  )
}

/** Takes a batch from the pool into the own list, which is locked; false: another CPU has the pool's lock. */
export function refill(context: Context): boolean {
  const { frames, words } = context
  if (!frames.tryLock(words.pool)) return false
  const list = freeListOf(context, context.cpu)
  for (let i = context.profile.memory.listBatch.value; i > 0; i--) {
    const frame = frames.take(words.pool)
    if (frame < 0) break
    frames.append(list, frame)
  }
  frames.unlock(words.pool)
  return true
}

/** Gives a batch back to the pool where this CPU has many more free frames than it takes at once. */
export function trim(context: Context): void {
  const { frames, words } = context
  const batch = context.profile.memory.listBatch.value
  const list = freeListOf(context, context.cpu)
  if (frames.count(list) <= HIGH_BATCHES * batch || !tryLockFree(context)) return
  // Counted again: another CPU may have taken some.
  if (frames.count(list) > HIGH_BATCHES * batch && frames.tryLock(words.pool)) {
    for (let i = 0; i < batch; i++) frames.append(words.pool, frames.take(list))
    frames.unlock(words.pool)
  }
  unlockFree(context)
}

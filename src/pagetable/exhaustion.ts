import { CLAIM_IN_HAND } from '../machine/words.js'
import type { Context } from './context.js'
import { freeListOf, heldListOf } from './frameSupply.js'
import { HAND_FAULT, setInHand } from './inHand.js'

export class FramesExhausted extends Error {
  constructor(frameCount: number) {
    super(
      `all ${frameCount} frames are mapped and none is held; --profile-set memory.frames=N gives the machine more`,
    )
    this.name = 'FramesExhausted'
  }
}

/**
 * A free frame of another CPU's list, the next CPU's first. The last resort: what the others hold was
 * demanded before, because a list that is plundered makes its owner short of frames in turn.
 * @returns -1 where no list has one, or all that do are locked
 */
export function takeFromOthers(context: Context): number {
  const { frames } = context
  for (let i = 1; i < context.cpuCount; i++) {
    const list = freeListOf(context, (context.cpu + i) % context.cpuCount)
    if (frames.count(list) === 0 || !frames.tryLock(list)) continue
    const frame = frames.take(list)
    if (frame >= 0) setInHand(context, HAND_FAULT, true)
    frames.unlock(list)
    if (frame >= 0) return frame
  }
  return -1
}

/**
 * Whether all frames are mapped, for certain: with the locks of all lists no frame can get from one to
 * another behind the back of who looks. Without them a frame could move from a list that is not looked
 * at yet to one that is done, and a run would end although no moment was without a free frame.
 */
export function isExhausted(context: Context): boolean {
  const { frames } = context
  const locked = lockAll(context)
  const isAll = locked === listCount(context)
  const isEmpty = isAll && !someLeft(context)
  for (let index = 0; index < locked; index++) frames.unlock(listAt(context, index))
  return isEmpty
}

/** The pool, then the free and the held list of each CPU: of two CPUs that are short, one gets no further than the first. */
function listAt(context: Context, index: number): number {
  if (index === 0) return context.words.pool
  const cpu = (index - 1) >> 1
  return index % 2 === 1 ? freeListOf(context, cpu) : heldListOf(context, cpu)
}

function listCount(context: Context): number {
  return 1 + context.cpuCount * 2
}

/** How many lists were locked before one that was not free. */
function lockAll(context: Context): number {
  const count = listCount(context)
  for (let index = 0; index < count; index++) {
    if (!context.frames.tryLock(listAt(context, index))) return index
  }
  return count
}

function someLeft(context: Context): boolean {
  const { frames, memory, words } = context
  for (let index = 0; index < listCount(context); index++) {
    if (frames.count(listAt(context, index)) > 0) return true
  }
  for (let cpu = 0; cpu < context.cpuCount; cpu++) {
    const claims = words.claimLists.base + cpu * words.claimLists.stride
    if (frames.count(claims) > 0) return true
    if (cpu !== context.cpu && memory.load(claims + CLAIM_IN_HAND) !== 0) return true
  }
  return false
}

import { FRAME_REUSE } from '../contract/obligation.js'
import type { Context } from './context.js'
import { pushDemand } from './demand.js'
import { claimListOf, freeFrame, freeListOf, heldListOf, refill, takeCovered } from './frameSupply.js'
import { LOCALS, PHASE, RESULT } from './position.js'
import { goTo, pop, GO_ON, RETRY, type Outcome } from './routine.js'

/** Frames that one demand settles at most: one round pays for many. */
export const CLAIM_FRAMES = 64

const FROM_LISTS = 0
const CLAIM = 1
const CLAIMED = 2

class FramesExhausted extends Error {
  constructor(frameCount: number) {
    super(
      `all ${frameCount} frames are mapped and none is held; --profile-set memory.frames=N gives the machine more`,
    )
    this.name = 'FramesExhausted'
  }
}

/**
 * A frame for a new owner: from the own list, the pool, what other CPUs hold and is covered, and last
 * by demanding what is held. Local 0: the new owner. The frame is the result.
 */
export function stepTakeFrame(context: Context, at: number): Outcome {
  const { frames, p } = context
  const owner = p[at + LOCALS]
  switch (p[at + PHASE]) {
    case FROM_LISTS: {
      let frame = frames.take(freeListOf(context, context.cpu))
      if (frame < 0) {
        if (!refill(context)) return RETRY
        frame = frames.take(freeListOf(context, context.cpu))
      }
      if (frame < 0) return goTo(p, CLAIM)
      const stamp = frames.lastStamp(frame)
      if (stamp !== 0) {
        const by = frames.heldBy(frame)
        context.witness.event(
          FRAME_REUSE,
          by,
          frames.lastSpace(frame),
          frames.lastPage(frame),
          stamp,
          frame,
          0,
        )
        frames.setLast(frame, 0, 0, 0)
      }
      frames.give(frame, owner)
      return pop(p, frame)
    }
    case CLAIM:
      return claim(context, owner)
    default:
      return p[RESULT] === 0 ? giveBack(context) : takeClaimed(context)
  }
}

/**
 * Takes held frames of one CPU out of its list, so that nobody else demands or frees them, and asks
 * for their changes. The fullest list would be the best one; the own comes first because its frames
 * are warm, the others in turn.
 */
function claim(context: Context, owner: number): Outcome {
  const { frames, p, demand } = context
  let someBusy = false
  for (let i = 0; i < context.cpuCount; i++) {
    const list = heldListOf(context, (context.cpu + i) % context.cpuCount)
    if (frames.count(list) === 0) continue
    if (!frames.tryLock(list)) {
      someBusy = true
      continue
    }
    const covered = takeCovered(context, list)
    const most = covered === 0 ? Math.min(CLAIM_FRAMES, demand.owners.length) : 0
    let claimed = 0
    while (claimed < most) {
      const frame = frames.take(list)
      if (frame < 0) break
      frames.append(claimListOf(context), frame)
      demand.owners[claimed] = frames.heldBy(frame)
      demand.serials[claimed] = frames.heldSerial(frame)
      demand.tags[claimed] = frames.heldTag(frame)
      demand.spaces[claimed] = frames.lastSpace(frame)
      claimed++
    }
    frames.unlock(list)
    if (covered > 0) return goTo(p, FROM_LISTS)
    if (claimed === 0) continue
    goTo(p, CLAIMED)
    pushDemand(context, claimed, FRAME_REUSE, owner)
    return GO_ON
  }
  if (someBusy || frames.count(context.words.pool) > 0) {
    goTo(p, FROM_LISTS)
    return RETRY
  }
  throw new FramesExhausted(context.profile.memory.frames.value)
}

function takeClaimed(context: Context): Outcome {
  const { frames } = context
  const list = claimListOf(context)
  for (let frame = frames.take(list); frame >= 0; frame = frames.take(list)) freeFrame(context, frame)
  return goTo(context.p, FROM_LISTS)
}

/** The strategy refused: the frames are held as before. */
function giveBack(context: Context): Outcome {
  const { frames } = context
  const held = heldListOf(context, context.cpu)
  if (!frames.tryLock(held)) return RETRY
  frames.appendAll(held, claimListOf(context))
  frames.unlock(held)
  return goTo(context.p, CLAIM)
}

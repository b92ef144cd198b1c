import { FRAME_REUSE } from '../contract/obligation.js'
import { isItemSettledFor, logEntry } from './changeLog.js'
import type { Context } from './context.js'
import { pushDemand } from './demand.js'
import { isExhausted, takeFromOthers } from './exhaustion.js'
import { fillEvent } from './passedEvent.js'
import {
  claimListOf,
  freeFrame,
  freeListOf,
  heldListOf,
  refill,
  takeCovered,
  tryLockFree,
  unlockFree,
} from './frameSupply.js'
import { HAND_FAULT, setInHand } from './inHand.js'
import {
  HELD_OPEN,
  LOCALS,
  LOG_COUNT,
  LOG_FRAME,
  MOST_ASKED,
  OPERATION_DEPTH,
  PHASE,
  RESULT,
} from './position.js'
import { goTo, pop, GO_ON, RETRY, type Outcome } from './routine.js'

const TAKE = 0
const CLAIMED = 1

/**
 * A frame for a new owner: from the own list, the pool, what other CPUs hold and is covered, then by
 * demanding what is held, and last from other CPUs' free lists. Local 0: the new owner. The frame is the
 * result, or -1: all are mapped.
 */
export function stepTakeFrame(context: Context, at: number): Outcome {
  const { p } = context
  if (p[at + PHASE] === CLAIMED) return p[RESULT] === 0 ? giveBack(context) : takeClaimed(context)
  const { frames } = context
  const own = freeListOf(context, context.cpu)
  if (!frames.tryLock(own)) return RETRY
  if (frames.count(own) === 0 && !refill(context)) {
    frames.unlock(own)
    return RETRY
  }
  // Before the list is unlocked: in between the frame would be nowhere.
  const frame = frames.take(own)
  if (frame >= 0) setInHand(context, HAND_FAULT, true)
  frames.unlock(own)
  return frame < 0 ? claim(context, at) : handOver(context, at, frame)
}

function handOver(context: Context, at: number, frame: number): Outcome {
  const { frames, p } = context
  const stamp = frames.lastStamp(frame)
  if (stamp !== 0) {
    const { passed } = context
    const space = frames.lastSpace(frame)
    const page = frames.lastPage(frame)
    fillEvent(passed, FRAME_REUSE, frames.heldBy(frame), space, page, stamp).frame = frame
    context.witness.event(passed)
    frames.setLast(frame, 0, 0, 0)
  }
  frames.give(frame, p[at + LOCALS])
  return pop(p, frame)
}

/**
 * Takes held frames of one CPU out of its list, so that nobody else demands or frees them, and asks
 * for their changes. The fullest list would be the best one; the own comes first because its frames
 * are warm, the others in turn. A step that says RETRY here has changed nothing, so a CPU for which
 * there is no frame yet does not look as if it got further.
 */
function claim(context: Context, at: number): Outcome {
  const { frames, p, words } = context
  if (!tryLockFree(context)) return RETRY
  let someBusy = false
  let covered = 0
  let claimed = 0
  for (let i = 0; i < context.cpuCount && covered === 0 && claimed === 0; i++) {
    const list = heldListOf(context, (context.cpu + i) % context.cpuCount)
    if (frames.count(list) === 0) continue
    if (!frames.tryLock(list)) {
      someBusy = true
      continue
    }
    covered = takeCovered(context, list)
    if (covered === 0) claimed = claimFrom(context, list)
    frames.unlock(list)
  }
  unlockFree(context)
  if (covered > 0) return goTo(p, TAKE)
  if (claimed > 0) {
    goTo(p, CLAIMED)
    pushDemand(context, claimed, FRAME_REUSE, p[at + LOCALS])
    return GO_ON
  }
  if (hasOpenFrames(context)) {
    goTo(p, CLAIMED)
    pushDemand(context, 0, FRAME_REUSE, p[at + LOCALS])
    return GO_ON
  }
  if (someBusy || frames.count(words.pool) > 0) return RETRY
  const taken = takeFromOthers(context)
  if (taken >= 0) return handOver(context, at, taken)
  return isExhausted(context) ? pop(p, -1) : RETRY
}

/** Moves frames of a locked held list to the own claim list, and their changes into the demand; how many. */
function claimFrom(context: Context, list: number): number {
  const { frames, demand } = context
  let claimed = 0
  while (claimed < MOST_ASKED) {
    const frame = frames.take(list)
    if (frame < 0) break
    frames.append(claimListOf(context), frame)
    demand.owners[claimed] = frames.heldBy(frame)
    demand.serials[claimed] = frames.heldSerial(frame)
    demand.tags[claimed] = frames.heldTag(frame)
    demand.spaces[claimed] = frames.lastSpace(frame)
    claimed++
  }
  return claimed
}

/** Frames that this CPU's own open operation has set free: it would wait for itself. */
function hasOpenFrames(context: Context): boolean {
  const { p, log } = context
  if (p[OPERATION_DEPTH] === 0) return false
  for (let index = 0; index < p[LOG_COUNT]; index++) if (log[logEntry(index) + LOG_FRAME] >= 0) return true
  return false
}

/** The open operation was asked for along with the rest: what is settled of it is not held to its end. */
function freeOpenFrames(context: Context): void {
  const { p, log } = context
  if (p[OPERATION_DEPTH] === 0) return
  for (let index = 0; index < p[LOG_COUNT]; index++) {
    const item = logEntry(index)
    if (log[item + LOG_FRAME] < 0 || !isItemSettledFor(context, item, FRAME_REUSE)) continue
    freeFrame(context, log[item + LOG_FRAME])
    log[item + LOG_FRAME] = -1
    p[HELD_OPEN]--
  }
}

function takeClaimed(context: Context): Outcome {
  const { frames } = context
  if (!tryLockFree(context)) return RETRY
  const list = claimListOf(context)
  for (let frame = frames.take(list); frame >= 0; frame = frames.take(list)) freeFrame(context, frame)
  freeOpenFrames(context)
  unlockFree(context)
  return goTo(context.p, TAKE)
}

/** The strategy refused: the frames are held as before. */
function giveBack(context: Context): Outcome {
  const { frames } = context
  const held = heldListOf(context, context.cpu)
  if (!frames.tryLock(held)) return RETRY
  frames.appendAll(held, claimListOf(context))
  frames.unlock(held)
  return goTo(context.p, TAKE)
}

import {
  dueWithinDeadline,
  EXPOSE,
  FRAME_REUSE,
  TABLE_REUSE,
  VA_REUSE,
  waivedBy,
} from '../contract/obligation.js'
import { KERNEL_SPACE } from '../contract/page.js'
import {
  arenaAt,
  demandOldestAddresses,
  freeOldestAddresses,
  heldAddressCount,
  reapAddresses,
} from './addresses.js'
import type { Context } from './context.js'
import { isCovered } from './covered.js'
import { pushDrainDemand } from './demand.js'
import { claimListOf, freeFrame, heldListOf, reapFrames, tryLockFree, unlockFree } from './frameSupply.js'
import { LOCALS, PHASE, RESULT } from './position.js'
import { goTo, pop, GO_ON, RETRY, type Outcome } from './routine.js'
import { issuedWord } from './serials.js'
import { collectPut } from './window.js'
import { demandTables, reapTables, settleTables } from './tableSupply.js'

/**
 * After a run: whatever this CPU still holds is demanded until nothing is held. The result is what
 * the strategy would not settle, ranges and frames together; 0 is the only right answer.
 */
const FRAMES = 0
const FRAMES_DEMANDED = 1
const ADDRESSES = 2
const ADDRESSES_DEMANDED = 3
const TABLES_DEMANDED = 4
const DEADLINE_DEMANDED = 5
const WINDOWS = 6
const WINDOWS_DEMANDED = 7
const LEFT = LOCALS
const COUNTED = LOCALS + 1
/** The windows that are looked through already, and how far the next one. */
const WINDOW = LOCALS + 2
const WINDOW_PAGE = LOCALS + 3
const ARENA = LOCALS + 4

export function stepDrain(context: Context, at: number): Outcome {
  const { p, frames, demand } = context
  switch (p[at + PHASE]) {
    case FRAMES: {
      reapFrames(context)
      const list = heldListOf(context, context.cpu)
      if (frames.count(list) === 0) return goTo(p, ADDRESSES)
      if (!frames.tryLock(list)) return RETRY
      let count = 0
      for (let frame = frames.take(list); frame >= 0; frame = frames.take(list)) {
        frames.append(claimListOf(context), frame)
        demand.owners[count] = frames.heldBy(frame)
        demand.serials[count] = frames.heldSerial(frame)
        demand.tags[count] = frames.heldTag(frame)
        demand.spaces[count] = frames.lastSpace(frame)
        count++
        if (count === demand.owners.length) break
      }
      frames.unlock(list)
      p[at + PHASE] = FRAMES_DEMANDED
      pushDrainDemand(context, count, FRAME_REUSE)
      return GO_ON
    }
    case FRAMES_DEMANDED: {
      if (!tryLockFree(context)) return RETRY
      const claimed = claimListOf(context)
      if (p[RESULT] === 0) p[at + LEFT] += frames.count(claimed)
      for (let frame = frames.take(claimed); frame >= 0; frame = frames.take(claimed))
        freeFrame(context, frame)
      unlockFree(context)
      return goTo(p, FRAMES)
    }
    case ADDRESSES: {
      reapAddresses(context)
      p[at + ARENA] = arenaThatHolds(context)
      if (p[at + ARENA] < 0) return goTo(p, WINDOWS)
      p[at + COUNTED] = demandOldestAddresses(context, p[at + ARENA], demand.owners.length)
      p[at + PHASE] = ADDRESSES_DEMANDED
      pushDrainDemand(context, p[at + COUNTED], VA_REUSE)
      return GO_ON
    }
    case WINDOWS:
      return drainWindows(context, at)
    case TABLES_DEMANDED:
      if (p[RESULT] === 0) p[at + LEFT] += p[at + COUNTED]
      settleTables(context, p[at + COUNTED])
      return goTo(p, ADDRESSES)
    case WINDOWS_DEMANDED:
      if (p[RESULT] === 0) p[at + LEFT] += p[at + COUNTED]
      return goTo(p, WINDOWS)
    case DEADLINE_DEMANDED:
      return pop(p, p[at + LEFT])
    default:
      if (p[RESULT] === 0) p[at + LEFT] += p[at + COUNTED]
      freeOldestAddresses(context, p[at + ARENA], p[at + COUNTED])
      return goTo(p, ADDRESSES)
  }
}

/** -1: none. */
function arenaThatHolds(context: Context): number {
  for (let index = 0; index < context.words.arenaKinds; index++)
    if (heldAddressCount(context, arenaAt(context, index)) > 0) return arenaAt(context, index)
  return -1
}

/** What was put and is not dealt out again: nothing else will ask for it. */
function drainWindows(context: Context, at: number): Outcome {
  const { p, demand, words } = context
  // The kernel's own space has no windows.
  const spaces = context.windowPages > 0 ? words.spaceCount - 1 : 0
  while (p[at + WINDOW] < spaces) {
    p[at + WINDOW_PAGE] = collectPut(context, KERNEL_SPACE + 1 + p[at + WINDOW], p[at + WINDOW_PAGE])
    if (demand.count > 0) {
      p[at + COUNTED] = demand.count
      p[at + PHASE] = WINDOWS_DEMANDED
      pushDrainDemand(context, demand.count, VA_REUSE)
      return GO_ON
    }
    p[at + WINDOW]++
    p[at + WINDOW_PAGE] = 0
  }
  return drainTables(context, at)
}

function drainTables(context: Context, at: number): Outcome {
  const { p } = context
  reapTables(context)
  p[at + COUNTED] = demandTables(context)
  if (p[at + COUNTED] === 0) return drainDeadline(context, at)
  p[at + PHASE] = TABLES_DEMANDED
  pushDrainDemand(context, p[at + COUNTED], TABLE_REUSE)
  return GO_ON
}

/** Nothing is held for what only its deadline settles, or nobody, an exposure: what this CPU has changed last stands for all of it, without its tag. */
function drainDeadline(context: Context, at: number): Outcome {
  const { p, cpu, demand, memory, parts } = context
  let count = 0
  for (let part = 0; part < parts.count; part++) {
    const contract = parts.contracts[part]
    const mayPass = ((dueWithinDeadline(contract) | waivedBy(contract)) & EXPOSE) !== 0
    if (!mayPass || parts.hasPredicate[part]) continue
    const owner = cpu * parts.count + part
    const serial = memory.load(issuedWord(context, owner))
    if (isCovered(context, owner, serial, 0, KERNEL_SPACE, EXPOSE)) continue
    demand.owners[count] = owner
    demand.serials[count] = serial
    demand.tags[count] = 0
    demand.spaces[count] = KERNEL_SPACE
    count++
  }
  if (count === 0) return pop(p, p[at + LEFT])
  p[at + PHASE] = DEADLINE_DEMANDED
  pushDrainDemand(context, count, EXPOSE)
  return GO_ON
}

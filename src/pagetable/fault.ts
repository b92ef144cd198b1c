import { KIND_DIRECT_MAP, KIND_GUEST } from '../contract/change.js'
import { NEW_ENTRY, VA_REUSE } from '../contract/obligation.js'
import { OPERATION_ZAP_DIRECT } from '../contract/operation.js'
import {
  DIRECT_MAP_BASE,
  FRAME_SHIFT,
  GLOBAL,
  KERNEL_SPACE,
  PRESENT,
  USER,
  WRITABLE,
} from '../contract/page.js'
import { COST_ENTRY_WRITE, COST_FAULT } from '../machine/costs.js'
import { COUNT_FAULTS, COUNT_SPURIOUS_FAULTS } from '../machine/counters.js'
import { OWNER_OFFSET, SERIAL_OFFSET, STAMP_OFFSET, TAG_OFFSET } from '../machine/tables.js'
import {
  HANDLE_FIRST,
  HANDLE_FLAGS,
  HANDLE_MAPPED,
  HANDLE_PAGES,
  HANDLE_PINS,
  HANDLE_SPACE,
  SPACE_ROOT,
} from '../machine/words.js'
import type { Context } from './context.js'
import { isCovered } from './covered.js'
import { canSleep, pushDemand, pushSleepingDemand } from './demand.js'
import { FramesExhausted } from './exhaustion.js'
import { demandExposure, expose } from './exposeFrame.js'
import { freeFrame, tryLockFree, unlockFree } from './frameSupply.js'
import { fillHere, fillsPrivately, isMissingHere, publishHere } from './fillOwn.js'
import { handleAt } from './handle.js'
import { HAND_FAULT, setInHand } from './inHand.js'
import { isBreakBeforeMake, populating, populatingDemand } from './populate.js'
import { fillEvent } from './passedEvent.js'
import { LOCALS, PHASE, RESULT } from './position.js'
import { pushRange } from './rangeOperation.js'
import {
  goTo,
  pop,
  push,
  GO_ON,
  RAN,
  RETRY,
  ROUTINE_FAULT,
  ROUTINE_TAKE_FRAME,
  type Outcome,
} from './routine.js'
import { BUSY, CLEANED, PENDING, READ_ONLY } from './softBits.js'
import { growLeaf } from './tableSupply.js'

/**
 * A page fault of an access, a user's or the kernel's in its virtual area. The result is 1 when the access can be tried again, 0 when the
 * mapping does not allow it (the program would be killed).
 *
 * The fault pins the mapping, so that an unmap cannot pass over an entry that this fault installs
 * afterwards; the pin is what Linux' per-VMA lock is here.
 */

const PIN = 0
const LOOK = 1
const DEMANDED = 2
const HAVE_FRAME = 3
const ZAPPED = 4
const EXPOSED = 5
const INSTALL = 6
const GROW = 7
/** It has slept, without the pin. */
const AWAKE = 8
const FILL = 9

const PAGE = LOCALS
const NEED = LOCALS + 1
export const FAULT_HANDLE: number = LOCALS + 2
export const FAULT_WORD: number = LOCALS + 3
const FRAME = LOCALS + 4
/** The change that the entry was marked with when it was looked at: its owner plus one, and its serial. */
const SEEN_OWNER = LOCALS + 5
const SEEN_SERIAL = LOCALS + 6

/** @param need flags that the access needs; 0: there is none, the kernel populates a mapping that it is making */
export function pushFault(context: Context, page: number, need: number, handle: number): void {
  push(context.p, ROUTINE_FAULT, page, need, handle)
}

export function stepFault(context: Context, at: number): Outcome {
  const { p, memory } = context
  const handle = handleAt(context, p[at + FAULT_HANDLE])
  switch (p[at + PHASE]) {
    case PIN: {
      const isMaking = p[at + NEED] === 0
      context.meter.charge(isMaking ? COST_ENTRY_WRITE : COST_FAULT, 1)
      if (!isMaking) context.witness.count(COUNT_FAULTS, 1)
      return pin(context, at, handle)
    }
    case AWAKE:
      return pin(context, at, handle)
    case GROW: {
      const { spaces } = context.words
      const root = memory.peek(spaces.base + memory.load(handle + HANDLE_SPACE) * spaces.stride + SPACE_ROOT)
      const word = growLeaf(context, root, p[at + PAGE])
      if (word < 0) return RETRY
      p[at + FAULT_WORD] = word
      // The step ends where most of the time passes, so that the page appears after it and not before.
      p[at + PHASE] = LOOK
      return RAN
    }
    case LOOK:
      return look(context, at, handle)
    case DEMANDED:
      push(p, ROUTINE_TAKE_FRAME, memory.load(handle + HANDLE_SPACE))
      return goToBelow(p, at, HAVE_FRAME)
    case HAVE_FRAME:
      if (p[RESULT] < 0) return withoutFrame(context, at)
      p[at + FRAME] = p[RESULT]
      if (memory.load(handle + HANDLE_FLAGS) >>> 8 !== KIND_GUEST) return goTo(p, INSTALL)
      pushRange(
        context,
        OPERATION_ZAP_DIRECT,
        KERNEL_SPACE,
        DIRECT_MAP_BASE + p[at + FRAME],
        1,
        KIND_DIRECT_MAP,
        0,
      )
      return goToBelow(p, at, ZAPPED)
    case ZAPPED:
      p[at + PHASE] = EXPOSED
      demandExposure(context, p[at + FRAME])
      return GO_ON
    case EXPOSED:
      expose(context, p[at + FRAME])
      return goTo(p, INSTALL)
    case FILL:
      fillHere(context, p[at + PAGE], p[at + FAULT_WORD])
      return end(context, handle, 1)
    default:
      return install(context, at, handle)
  }
}

/**
 * Pinned first, then checked: the other way round an unmap could start in between and not wait. What is
 * mapped stays as it is while it is pinned, so the rest is read after that.
 */
function pin(context: Context, at: number, handle: number): Outcome {
  const { p, memory } = context
  memory.add(handle + HANDLE_PINS, 1)
  const isMapped = p[at + NEED] === 0 || memory.load(handle + HANDLE_MAPPED) !== 0
  const first = memory.load(handle + HANDLE_FIRST)
  const page = p[at + PAGE]
  if (!isMapped || page < first || page >= first + memory.load(handle + HANDLE_PAGES))
    return end(context, handle, 0)
  return goTo(p, GROW)
}

/** The phase of a routine that has just called another one. */
function goToBelow(p: Int32Array, at: number, phase: number): Outcome {
  p[at + PHASE] = phase
  return GO_ON
}

function end(context: Context, handle: number, result: number): Outcome {
  context.memory.add(handle + HANDLE_PINS, -1)
  return pop(context.p, result)
}

/** The shared table allows the access from here on; this CPU's own, if it has one, some steps later. */
function granted(context: Context, at: number, handle: number): Outcome {
  const { p } = context
  if (p[at + NEED] === 0 || !isMissingHere(context, p[at + PAGE])) return end(context, handle, 1)
  p[at + PHASE] = LOOK
  return RAN
}

function look(context: Context, at: number, handle: number): Outcome {
  const { p, memory, demand } = context
  const entry = memory.load(p[at + FAULT_WORD])
  if ((entry & BUSY) !== 0) return RETRY
  if ((entry & PRESENT) !== 0) {
    if ((entry & CLEANED) !== 0 && (p[at + NEED] & WRITABLE) !== 0)
      return giveBackWrite(context, at, handle, entry)
    // The page table allows it: this CPU had an older entry with fewer permissions, dropped by the fault itself.
    const isAllowed = (entry & p[at + NEED]) === p[at + NEED]
    if (isAllowed && isMissingHere(context, p[at + PAGE]))
      return publishHere(context, handle, p[at + PAGE], p[at + FAULT_WORD], entry, FILL)
    if (isAllowed) context.witness.count(COUNT_SPURIOUS_FAULTS, 1)
    return end(context, handle, isAllowed ? 1 : 0)
  }
  const wantsWrite = (p[at + NEED] & WRITABLE) !== 0
  if (wantsWrite && ((entry & READ_ONLY) !== 0 || (memory.load(handle + HANDLE_FLAGS) & WRITABLE) === 0))
    return end(context, handle, 0)
  p[at + SEEN_OWNER] = 0
  if ((entry & PENDING) !== 0) {
    const owner = memory.peek(p[at + FAULT_WORD] + OWNER_OFFSET)
    const serial = memory.peek(p[at + FAULT_WORD] + SERIAL_OFFSET)
    const tag = memory.peek(p[at + FAULT_WORD] + TAG_OFFSET)
    const space = memory.load(handle + HANDLE_SPACE)
    p[at + SEEN_OWNER] = owner + 1
    p[at + SEEN_SERIAL] = serial
    if (!isCovered(context, owner, serial, tag, space, populating(context))) {
      demand.owners[0] = owner
      demand.serials[0] = serial
      demand.tags[0] = tag
      demand.spaces[0] = space
      if (canSleep(context)) {
        // Whoever has changed the page may be about to unmap all of it, and would wait for the pin.
        memory.add(handle + HANDLE_PINS, -1)
        pushSleepingDemand(context, 1, populatingDemand(context), space)
        return goToBelow(p, at, AWAKE)
      }
      pushDemand(context, 1, populatingDemand(context), space)
      return goToBelow(p, at, DEMANDED)
    }
  }
  return goTo(p, DEMANDED)
}

/** All frames are mapped. One of them here, by a CPU that was faster: then this fault needs none. */
function withoutFrame(context: Context, at: number): Outcome {
  const entry = context.memory.load(context.p[at + FAULT_WORD])
  if ((entry & (BUSY | PRESENT)) !== 0) return goTo(context.p, LOOK)
  throw new FramesExhausted(context.profile.memory.frames.value)
}

/** A store to a page that was cleaned: it is dirty again from here on. Other CPUs with the old entry fault for nothing. */
function giveBackWrite(context: Context, at: number, handle: number, entry: number): Outcome {
  const word = context.p[at + FAULT_WORD]
  const written = (entry & ~CLEANED) | WRITABLE
  if (context.memory.compareExchange(word, entry, written) !== entry) return RETRY
  return granted(context, at, handle)
}

/** Populated and emptied again while this fault waited for a frame: a change that nobody has demanded yet. */
function isPendingAnew(context: Context, at: number, entry: number, handle: number): boolean {
  const { p, memory } = context
  if ((entry & PENDING) === 0) return false
  const word = p[at + FAULT_WORD]
  const owner = memory.peek(word + OWNER_OFFSET)
  const serial = memory.peek(word + SERIAL_OFFSET)
  if (p[at + SEEN_OWNER] === owner + 1 && p[at + SEEN_SERIAL] === serial) return false
  const space = memory.load(handle + HANDLE_SPACE)
  return !isCovered(context, owner, serial, memory.peek(word + TAG_OFFSET), space, populating(context))
}

function install(context: Context, at: number, handle: number): Outcome {
  const { p, memory } = context
  const word = p[at + FAULT_WORD]
  const entry = memory.load(word)
  if ((entry & (BUSY | PRESENT)) !== 0 || isPendingAnew(context, at, entry, handle)) {
    // Another CPU was faster, or is just changing the entry: the frame goes back and the fault starts again.
    if (!tryLockFree(context)) return RETRY
    freeFrame(context, p[at + FRAME])
    setInHand(context, HAND_FAULT, false)
    unlockFree(context)
    return goTo(p, LOOK)
  }
  if (memory.compareExchange(word, entry, entry | BUSY) !== entry) return RETRY
  // Looked at again under the lock: since the first look another CPU may have populated the page and
  // emptied it again. The entry has the same bits then, but its change is one that nobody has demanded.
  if (isPendingAnew(context, at, entry, handle)) {
    memory.and(word, ~BUSY)
    return RETRY
  }
  const space = memory.load(handle + HANDLE_SPACE)
  const stamp = memory.peek(word + STAMP_OFFSET)
  if (stamp !== 0) {
    // The event comes before the entry: once that is there, other CPUs cache the new translation. It comes
    // after the lock: a compare-exchange that fails must not have said that the address was reused.
    const owner = memory.peek(word + OWNER_OFFSET)
    context.witness.event(fillEvent(context.passed, VA_REUSE, owner, space, p[at + PAGE], stamp))
    if (isBreakBeforeMake(context))
      context.witness.event(fillEvent(context.passed, NEW_ENTRY, owner, space, p[at + PAGE], stamp))
  }
  const isWritable = (entry & READ_ONLY) === 0
  const mode = space === KERNEL_SPACE ? GLOBAL : USER
  const isPrivate = p[at + NEED] !== 0 && fillsPrivately(context)
  const flags = PRESENT | mode | (memory.load(handle + HANDLE_FLAGS) & (isWritable ? 0xff : 0xff & ~WRITABLE))
  const written = (p[at + FRAME] << FRAME_SHIFT) | flags | (isPrivate ? BUSY : 0)
  memory.store(word, written)
  setInHand(context, HAND_FAULT, false)
  if (isPrivate) return publishHere(context, handle, p[at + PAGE], word, written, FILL)
  return granted(context, at, handle)
}

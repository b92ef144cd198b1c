import { KIND_IOMMU } from '../contract/change.js'
import { SEEN } from '../contract/obligation.js'
import { FRAME_SHIFT, PRESENT } from '../contract/page.js'
import { COST_ENTRY_WRITE } from '../machine/costs.js'
import { OWNER_OFFSET, STAMP_OFFSET } from '../machine/tables.js'
import { HANDLE_FIRST, HANDLE_PAGES, SPACE_ROOT } from '../machine/words.js'
import { arenaFor, freeAddress } from './addresses.js'
import type { Context } from './context.js'
import { claimListOf, freeFrame, noteHeld, tryLockFree, unlockFree } from './frameSupply.js'
import { handleAt } from './handle.js'
import { fillEvent } from './passedEvent.js'
import { HELD_OPEN, LOCALS, PHASE } from './position.js'
import { ownerFor } from './serials.js'
import { pop, RAN, RETRY, waitFor, type Outcome } from './routine.js'

/**
 * Mappings of the device lie in a space of their own, whose tables the IOMMU walks and no CPU ever loads.
 * Their addresses come from the same arenas as those of the CPUs' spaces, and a map populates them at once. What is
 * different is the unmap that no strategy wants.
 */

const HANDLE = LOCALS
const FLUSHED = 1
const NEXT_CLEARED = LOCALS + 1
/** Pages that go back in one step, so that interrupts are taken in between. */
const FREED_IN_A_STEP = 64

/**
 * Local: handle, closed. The entries go, one command drops their translations, and when it is complete frames and address are
 * free: Linux' strict mode (drivers/iommu/dma-iommu.c, `__iommu_dma_unmap` without a queue). No strategy is asked, and no serial
 * is issued: nobody can settle what is not flushed yet.
 */
export function stepUnmapStrictly(context: Context, at: number): Outcome {
  const { p, memory, port } = context
  const handle = handleAt(context, p[at + HANDLE])
  const first = memory.load(handle + HANDLE_FIRST)
  const pages = memory.load(handle + HANDLE_PAGES)
  if (p[at + PHASE] === FLUSHED) return release(context, at, first, pages)
  if (p[at + NEXT_CLEARED] < pages) return clear(context, at, first)
  port.invalidateDevice(first, pages)
  p[at + NEXT_CLEARED] = 0
  return waitFor(p, port.deviceSync(), FLUSHED)
}

function wordOf(context: Context, page: number): number {
  const { memory, tables, words, device } = context
  const root = memory.peek(words.spaces.base + device.space * words.spaces.stride + SPACE_ROOT)
  return tables.leafWord(root, page)
}

function clear(context: Context, at: number, first: number): Outcome {
  const { p, memory, frames, witness, device } = context
  if (p[at + NEXT_CLEARED] === 0) {
    witness.changing()
    p[HELD_OPEN] = 0
  }
  const page = first + p[at + NEXT_CLEARED]
  p[at + NEXT_CLEARED]++
  const word = wordOf(context, page)
  const entry = word === 0 ? 0 : memory.exchange(word, 0)
  if ((entry & PRESENT) === 0) return RAN
  const stamp = witness.stamp(word)
  memory.poke(word + STAMP_OFFSET, stamp)
  const owner = ownerFor(context, KIND_IOMMU)
  memory.poke(word + OWNER_OFFSET, owner)
  context.meter.charge(COST_ENTRY_WRITE, 1)
  const frame = entry >>> FRAME_SHIFT
  frames.hold(frame, owner, 0, 0)
  frames.setLast(frame, device.space, page, stamp)
  noteHeld(context)
  frames.append(claimListOf(context), frame)
  return RAN
}

/** What an unmap owes has passed with its return: told page by page, so that the oracle sees a translation that survived. */
function release(context: Context, at: number, first: number, pages: number): Outcome {
  const { p, memory, frames, witness, device } = context
  const owner = ownerFor(context, KIND_IOMMU)
  if (!tryLockFree(context)) return RETRY
  const end = Math.min(pages, p[at + NEXT_CLEARED] + FREED_IN_A_STEP)
  for (; p[at + NEXT_CLEARED] < end; p[at + NEXT_CLEARED]++) {
    const page = first + p[at + NEXT_CLEARED]
    const word = wordOf(context, page)
    const stamp = word === 0 ? 0 : memory.peek(word + STAMP_OFFSET)
    if (stamp !== 0) witness.event(fillEvent(context.passed, SEEN, owner, device.space, page, stamp))
    const frame = frames.take(claimListOf(context))
    if (frame < 0) continue
    freeFrame(context, frame)
    p[HELD_OPEN]--
  }
  unlockFree(context)
  if (end < pages) return RAN
  witness.exposed(owner, 0, true)
  freeAddress(context, arenaFor(context, KIND_IOMMU), first, pages)
  return pop(p, 0)
}

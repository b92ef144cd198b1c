import { KIND_VMALLOC } from '../contract/change.js'
import {
  ARENA_END,
  ARENA_FREE_COUNT,
  ARENA_FREE_SLOTS,
  ARENA_HELD_AT,
  ARENA_HELD_HEAD,
  ARENA_HELD_SLOTS,
  ARENA_HELD_TAIL,
  ARENA_LISTS,
  ARENA_NEXT,
  FREE_SLOT_WORDS,
  HELD_SLOT_WORDS,
} from '../machine/words.js'
import type { Context } from './context.js'
import { isCovered } from './covered.js'
import { populating } from './populate.js'

/**
 * Addresses. Every CPU deals out ranges of its own arenas, one of the user's part and one of the kernel's
 * virtual area, and takes back what it unmaps, so no lock is needed. A range that was unmapped is held until its change is covered; only then may it be
 * mapped again. Ranges are reused by exact size: a first-fit allocator would let fragmentation, and
 * not the strategy, decide the results.
 */

/** An arena of this CPU, by its index: the user's, then the kernel's where there is one. */
export function arenaAt({ cpu, cpuCount, words }: Context, index: number): number {
  return words.arenas.base + (index * cpuCount + cpu) * words.arenas.stride
}

export function arenaFor(context: Context, kind: number): number {
  return arenaAt(context, kind === KIND_VMALLOC ? 1 : 0)
}

/** @returns the first page of a free range, or -1: everything is mapped or held */
export function takeAddress(context: Context, arena: number, pageCount: number): number {
  const { memory } = context
  const recycled = takeRecycled(context, arena, pageCount)
  if (recycled >= 0) return recycled
  const first = memory.peek(arena + ARENA_NEXT)
  if (first + pageCount > memory.peek(arena + ARENA_END)) return -1
  memory.poke(arena + ARENA_NEXT, first + pageCount)
  return first
}

function takeRecycled(context: Context, arena: number, pageCount: number): number {
  const { memory } = context
  const count = memory.peek(arena + ARENA_FREE_COUNT)
  const newestFirst = context.profile.memory.addressReuse.value === 'lifo'
  for (let i = 0; i < count; i++) {
    const slot = arena + ARENA_LISTS + (newestFirst ? count - 1 - i : i) * FREE_SLOT_WORDS
    if (memory.peek(slot + 1) !== pageCount) continue
    const first = memory.peek(slot)
    const end = arena + ARENA_LISTS + count * FREE_SLOT_WORDS
    for (let word = slot; word < end - FREE_SLOT_WORDS; word++)
      memory.poke(word, memory.peek(word + FREE_SLOT_WORDS))
    memory.poke(arena + ARENA_FREE_COUNT, count - 1)
    return first
  }
  return -1
}

export function freeAddress(context: Context, arena: number, firstPage: number, pageCount: number): void {
  if (pageCount === 0) return
  const { memory } = context
  const count = memory.peek(arena + ARENA_FREE_COUNT)
  if (count === ARENA_FREE_SLOTS)
    throw new Error(`more than ${ARENA_FREE_SLOTS} address ranges of a CPU are free at once`)
  const slot = arena + ARENA_LISTS + count * FREE_SLOT_WORDS
  memory.poke(slot, firstPage)
  memory.poke(slot + 1, pageCount)
  memory.poke(arena + ARENA_FREE_COUNT, count + 1)
}

function heldSlot(arena: number, index: number): number {
  return arena + ARENA_HELD_AT + (index % ARENA_HELD_SLOTS) * HELD_SLOT_WORDS
}

/**
 * Holds a range for one change. A range that waits for several has a slot for each: all but the last
 * hold no pages, and slots leave the ring in order, so the range is free when its last change is
 * covered and those before it were.
 * @returns false when the ring is full: the caller demands the oldest ones first
 */
export function holdAddress(
  context: Context,
  arena: number,
  firstPage: number,
  pageCount: number,
  owner: number,
  serial: number,
  tag: number,
  space: number,
): boolean {
  const { memory } = context
  const tail = memory.peek(arena + ARENA_HELD_TAIL)
  if (tail - memory.peek(arena + ARENA_HELD_HEAD) === ARENA_HELD_SLOTS) return false
  const slot = heldSlot(arena, tail)
  memory.poke(slot, firstPage)
  memory.poke(slot + 1, pageCount)
  memory.poke(slot + 2, serial)
  memory.poke(slot + 3, tag)
  memory.poke(slot + 4, space)
  memory.poke(slot + 5, owner)
  memory.poke(arena + ARENA_HELD_TAIL, tail + 1)
  return true
}

export function heldAddressCount(context: Context, arena: number): number {
  return context.memory.peek(arena + ARENA_HELD_TAIL) - context.memory.peek(arena + ARENA_HELD_HEAD)
}

/** The index that the next held range will get; ranges from a mark on can be freed together. */
export function heldAddressMark(context: Context, arena: number): number {
  return context.memory.peek(arena + ARENA_HELD_TAIL)
}

/** Frees the oldest held ranges of each arena as far as they are covered. */
export function reapAddresses(context: Context): void {
  for (let index = 0; index < context.words.arenaKinds; index++) reapArena(context, arenaAt(context, index))
}

function reapArena(context: Context, arena: number): void {
  const { memory } = context
  for (;;) {
    const head = memory.peek(arena + ARENA_HELD_HEAD)
    if (head === memory.peek(arena + ARENA_HELD_TAIL)) return
    const slot = heldSlot(arena, head)
    if (
      !isCovered(
        context,
        memory.peek(slot + 5),
        memory.peek(slot + 2),
        memory.peek(slot + 3),
        memory.peek(slot + 4),
        populating(context),
      )
    )
      return
    freeOldest(context, arena, head)
  }
}

function freeOldest(context: Context, arena: number, head: number): void {
  const slot = heldSlot(arena, head)
  context.memory.poke(arena + ARENA_HELD_HEAD, head + 1)
  freeAddress(context, arena, context.memory.peek(slot), context.memory.peek(slot + 1))
}

/** Frees the `count` oldest ranges: their changes were demanded. */
export function freeOldestAddresses(context: Context, arena: number, count: number): void {
  for (let i = 0; i < count; i++) freeOldest(context, arena, context.memory.peek(arena + ARENA_HELD_HEAD))
}

/** Frees the ranges from `mark` on: the operations that held them are settled after all. */
export function freeAddressesFrom(context: Context, arena: number, mark: number): void {
  const { memory } = context
  const tail = memory.peek(arena + ARENA_HELD_TAIL)
  const from = Math.max(mark, memory.peek(arena + ARENA_HELD_HEAD))
  memory.poke(arena + ARENA_HELD_TAIL, from)
  for (let index = from; index < tail; index++) {
    const slot = heldSlot(arena, index)
    freeAddress(context, arena, memory.peek(slot), memory.peek(slot + 1))
  }
}

/** Writes the oldest held ranges into the demand, at most `most`; how many. */
export function demandOldestAddresses(context: Context, arena: number, most: number): number {
  const { memory, demand } = context
  const head = memory.peek(arena + ARENA_HELD_HEAD)
  const count = Math.min(most, memory.peek(arena + ARENA_HELD_TAIL) - head)
  for (let i = 0; i < count; i++) {
    const slot = heldSlot(arena, head + i)
    demand.owners[i] = memory.peek(slot + 5)
    demand.serials[i] = memory.peek(slot + 2)
    demand.tags[i] = memory.peek(slot + 3)
    demand.spaces[i] = memory.peek(slot + 4)
  }
  return count
}

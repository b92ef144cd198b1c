import { FRAME_SHIFT, PRESENT, WRITABLE } from '../contract/page.js'
import { OWNER_OFFSET, SERIAL_OFFSET, TAG_OFFSET } from '../machine/tables.js'
import {
  ALLOCATION_WORDS,
  firstPoolFrame,
  MOST_ALLOCATIONS,
  SPACE_ROOT,
  WINDOW_ALLOCATIONS,
  WINDOW_NEXT,
  windowAt,
  windowBase,
} from '../machine/words.js'
import type { Context } from './context.js'
import { isCovered } from './covered.js'
import { populating } from './populate.js'
import { MOST_ASKED } from './position.js'
import { PENDING } from './softBits.js'

/**
 * The window of a CPU in a space: addresses dealt out in order, until its end. What was put lies behind the next page
 * and must be flushed before it is dealt out again, all of it at once; only above the highest live allocation, so that the
 * rest goes unused meanwhile. Linux mm/mermap.c, mermap_alloc (Jackman, v4 of the series, 2026).
 */

/** Kept for a variant that may not fail, which no tape has (mermap_get_reserved). */
const RESERVED_PAGES = 1

/** Pages of a window that gets may have. */
export function usablePages(context: Context): number {
  return context.windowPages - RESERVED_PAGES
}

export function firstEntryOf(context: Context, space: number): number {
  const { memory, tables, words, cpu } = context
  const root = memory.peek(words.spaces.base + space * words.spaces.stride + SPACE_ROOT)
  return tables.leafWord(root, windowBase(cpu))
}

/** A page of the window, counted from its first: a get of so many pages would need a flush before it. */
export function needsRewind(context: Context, space: number, pageCount: number): boolean {
  const next = context.memory.peek(windowAt(context.words, context.cpu, space) + WINDOW_NEXT)
  return next + pageCount > usablePages(context)
}

/** The page right above the highest live allocation: where dealing out would begin again. */
export function rewound(context: Context, space: number): number {
  const { memory, words, cpu } = context
  const window = windowAt(words, cpu, space)
  let end = 0
  for (let index = 0; index < MOST_ALLOCATIONS; index++) {
    const at = window + WINDOW_ALLOCATIONS + index * ALLOCATION_WORDS
    const pages = memory.peek(at + 1)
    if (pages > 0) end = Math.max(end, memory.peek(at) + pages)
  }
  return end
}

export function rewind(context: Context, space: number, to: number): void {
  context.memory.poke(windowAt(context.words, context.cpu, space) + WINDOW_NEXT, to)
}

/** @returns the first page, counted from the window's first, or -1: as many allocations are live as are tracked */
export function allocate(context: Context, space: number, pageCount: number): number {
  const { memory, words, cpu } = context
  const window = windowAt(words, cpu, space)
  for (let index = 0; index < MOST_ALLOCATIONS; index++) {
    const at = window + WINDOW_ALLOCATIONS + index * ALLOCATION_WORDS
    if (memory.peek(at + 1) > 0) continue
    const first = memory.peek(window + WINDOW_NEXT)
    memory.poke(at, first)
    memory.poke(at + 1, pageCount)
    memory.poke(window + WINDOW_NEXT, first + pageCount)
    return first
  }
  return -1
}

export function release(context: Context, space: number, first: number): void {
  const { memory, words, cpu } = context
  const window = windowAt(words, cpu, space)
  for (let index = 0; index < MOST_ALLOCATIONS; index++) {
    const at = window + WINDOW_ALLOCATIONS + index * ALLOCATION_WORDS
    if (memory.peek(at + 1) > 0 && memory.peek(at) === first) memory.poke(at + 1, 0)
  }
}

/**
 * Writes into the demand what was put from a page of the window on and is not covered, as much as one demand takes.
 * @returns the page at which it has stopped; `context.demand.count` says how many were found
 */
export function collectPut(context: Context, space: number, from: number): number {
  const { memory, demand } = context
  const entries = firstEntryOf(context, space)
  const end = usablePages(context)
  let page = from
  demand.count = 0
  for (; page < end && demand.count < MOST_ASKED; page++) {
    const word = entries + page
    if ((memory.peek(word) & PENDING) === 0) continue
    const owner = memory.peek(word + OWNER_OFFSET)
    const serial = memory.peek(word + SERIAL_OFFSET)
    const tag = memory.peek(word + TAG_OFFSET)
    if (isCovered(context, owner, serial, tag, space, populating(context))) continue
    demand.owners[demand.count] = owner
    demand.serials[demand.count] = serial
    demand.tags[demand.count] = tag
    demand.spaces[demand.count] = space
    demand.count++
  }
  return page
}

/** The entry for the page after `offset` pages from a first frame of the pool, which wraps around. */
export function windowEntry(context: Context, firstFrame: number, offset: number): number {
  const frames = context.profile.memory.frames.value
  const frame = firstPoolFrame(context.words) + ((firstFrame + offset) % frames)
  return (frame << FRAME_SHIFT) | PRESENT | WRITABLE
}

import type { Memory } from './memory.js'

/**
 * Physical frames: per frame a few words, per CPU a list of free frames and a list of held ones, one
 * pool for all. Lists are linked through the frames themselves, so nothing is allocated. A list is
 * guarded by its lock, taken and released inside one step of one CPU: nobody ever waits for it longer
 * than such a step takes.
 */
const NEXT = 0
const OWNER = 1
const GENERATION = 2
const HELD_SERIAL = 3
const HELD_TAG = 4
const HELD_BY = 5
const LAST_PAGE = 6
const LAST_STAMP = 7
const LAST_SPACE = 8
const ZAPPED = 9
const LAST_BY = 10
export const FRAME_WORDS = 11

/** A list: lock, first, last, count. The end of a list is NONE, so that frame 0 can be in it. */
const LOCK = 0
const FIRST = 1
const LAST = 2
const COUNT = 3
/** For watchdogs, which look at lists without their owner. */
export const LIST_COUNT: number = COUNT
export const LIST_WORDS = 4
const NONE = -1

/** Owners below 0 are not address spaces. */
export const OWNER_FREE = -1
export const OWNER_HELD = -2
export const OWNER_TABLE = -3

export type ReuseOrder = 'lifo' | 'fifo'

export class Frames {
  readonly #memory: Memory
  readonly #base: number

  constructor(memory: Memory, base: number) {
    this.#memory = memory
    this.#base = base
  }

  #word(frame: number, field: number): number {
    return this.#base + frame * FRAME_WORDS + field
  }

  owner(frame: number): number {
    return this.#memory.peek(this.#word(frame, OWNER))
  }

  generation(frame: number): number {
    return this.#memory.peek(this.generationWord(frame))
  }

  /** Nothing depends on how often a frame has changed hands: the explorer leaves the word out of its states. */
  generationWord(frame: number): number {
    return this.#word(frame, GENERATION)
  }

  /** A new owner is a new generation: what was cached for the old one must never be used again. */
  give(frame: number, owner: number): void {
    this.#memory.poke(this.#word(frame, OWNER), owner)
    const generation = this.#word(frame, GENERATION)
    this.#memory.poke(generation, (this.#memory.peek(generation) + 1) | 0)
  }

  /** What the change that freed the frame owes; kept until the frame is free. */
  hold(frame: number, by: number, serial: number, tag: number): void {
    this.#memory.poke(this.#word(frame, OWNER), OWNER_HELD)
    this.#memory.poke(this.#word(frame, HELD_BY), by)
    this.#memory.poke(this.#word(frame, HELD_SERIAL), serial)
    this.#memory.poke(this.#word(frame, HELD_TAG), tag)
  }

  heldBy(frame: number): number {
    return this.#memory.peek(this.#word(frame, HELD_BY))
  }

  heldSerial(frame: number): number {
    return this.#memory.peek(this.#word(frame, HELD_SERIAL))
  }

  heldTag(frame: number): number {
    return this.#memory.peek(this.#word(frame, HELD_TAG))
  }

  /** Where the frame was mapped last and when that mapping was taken away, for the oracle. Stamp 0: never. */
  setLast(frame: number, space: number, page: number, stamp: number): void {
    this.#memory.poke(this.#word(frame, LAST_SPACE), space)
    this.#memory.poke(this.#word(frame, LAST_PAGE), page)
    this.#memory.poke(this.#word(frame, LAST_STAMP), stamp)
  }

  /** Which CPU took that mapping away; HELD_BY may say otherwise by then. */
  setLastBy(frame: number, cpu: number): void {
    this.#memory.poke(this.#word(frame, LAST_BY), cpu)
  }

  lastBy(frame: number): number {
    return this.#memory.peek(this.#word(frame, LAST_BY))
  }

  lastSpace(frame: number): number {
    return this.#memory.peek(this.#word(frame, LAST_SPACE))
  }

  lastPage(frame: number): number {
    return this.#memory.peek(this.#word(frame, LAST_PAGE))
  }

  lastStamp(frame: number): number {
    return this.#memory.peek(this.#word(frame, LAST_STAMP))
  }

  /** Whether the frame's page of the direct map was taken out and must be put back before the frame is free. */
  isZapped(frame: number): boolean {
    return this.#memory.peek(this.#word(frame, ZAPPED)) !== 0
  }

  setZapped(frame: number, zapped: boolean): void {
    this.#memory.poke(this.#word(frame, ZAPPED), zapped ? 1 : 0)
  }

  emptyList(list: number): void {
    this.#memory.poke(list + FIRST, NONE)
    this.#memory.poke(list + LAST, NONE)
    this.#memory.poke(list + COUNT, 0)
  }

  count(list: number): number {
    return this.#memory.load(list + COUNT)
  }

  /** False: another CPU is inside; try again after the next point where interrupts are taken. */
  tryLock(list: number): boolean {
    return this.#memory.compareExchange(list + LOCK, 0, 1) === 0
  }

  unlock(list: number): void {
    this.#memory.store(list + LOCK, 0)
  }

  /** The first frame without taking it, or -1. */
  first(list: number): number {
    return this.#memory.peek(list + FIRST)
  }

  /** The one behind a frame in its list, or -1. */
  next(frame: number): number {
    return this.#memory.peek(this.#word(frame, NEXT))
  }

  take(list: number): number {
    const frame = this.#memory.peek(list + FIRST)
    if (frame === NONE) return NONE
    const next = this.#memory.peek(this.#word(frame, NEXT))
    this.#memory.poke(list + FIRST, next)
    if (next === NONE) this.#memory.poke(list + LAST, NONE)
    this.#memory.poke(list + COUNT, this.#memory.peek(list + COUNT) - 1)
    return frame
  }

  put(list: number, frame: number, order: ReuseOrder): void {
    if (order === 'fifo') this.append(list, frame)
    else this.prepend(list, frame)
  }

  prepend(list: number, frame: number): void {
    const first = this.#memory.peek(list + FIRST)
    this.#memory.poke(this.#word(frame, NEXT), first)
    this.#memory.poke(list + FIRST, frame)
    if (first === NONE) this.#memory.poke(list + LAST, frame)
    this.#memory.poke(list + COUNT, this.#memory.peek(list + COUNT) + 1)
  }

  append(list: number, frame: number): void {
    this.#memory.poke(this.#word(frame, NEXT), NONE)
    const last = this.#memory.peek(list + LAST)
    if (last === NONE) this.#memory.poke(list + FIRST, frame)
    else this.#memory.poke(this.#word(last, NEXT), frame)
    this.#memory.poke(list + LAST, frame)
    this.#memory.poke(list + COUNT, this.#memory.peek(list + COUNT) + 1)
  }

  /** Moves all of `from` behind `to`. */
  appendAll(to: number, from: number): void {
    const first = this.#memory.peek(from + FIRST)
    if (first === NONE) return
    const last = this.#memory.peek(to + LAST)
    if (last === NONE) this.#memory.poke(to + FIRST, first)
    else this.#memory.poke(this.#word(last, NEXT), first)
    this.#memory.poke(to + LAST, this.#memory.peek(from + LAST))
    this.#memory.poke(to + COUNT, this.#memory.peek(to + COUNT) + this.#memory.peek(from + COUNT))
    this.emptyList(from)
  }
}

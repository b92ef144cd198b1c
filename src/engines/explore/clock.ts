import type { Arena } from './arena.js'
import { TICKS_LEFT, type ExploreWords } from './exploreWords.js'

/** Nanoseconds of the clock from one tick to the next. Times that are asked for are rounded up to ticks. */
export const TICK_NS = 1_000_000

/**
 * How often the waits of all CPUs together move the clock in one schedule. A strategy that looks, and
 * waits again for a later time, would otherwise make a new state with each look, without an end.
 */
const MOST_MOVES = 4

/**
 * Time proves nothing: a CPU may be slower than any limit, so a wait for a time can be over at any
 * moment, whatever the other CPUs have done meanwhile. The clock shows the ticks of the CPU that has
 * taken most, or a later time that was waited for. It never goes back. When its moves are used up,
 * waits still end at any moment, at a clock that stands.
 */
export class Clock {
  readonly #arena: Arena
  readonly #words: ExploreWords
  readonly #cpuCount: number
  /** Ticks of each CPU at most. */
  readonly #tickCount: number

  constructor(arena: Arena, words: ExploreWords, cpuCount: number, tickCount: number) {
    this.#arena = arena
    this.#words = words
    this.#cpuCount = cpuCount
    this.#tickCount = tickCount
  }

  /** In ticks. */
  get now(): number {
    const { words } = this.#arena
    const { cpus, clock } = this.#words
    let now = words[clock]
    for (let cpu = 0; cpu < this.#cpuCount; cpu++) {
      const left = words[cpus.base + cpu * cpus.stride + TICKS_LEFT]
      now = Math.max(now, this.#tickCount - left)
    }
    return now
  }

  /** A wait for this time, in ticks, is over. */
  reach(time: number): void {
    const { clock, clockMoves } = this.#words
    const left = this.#arena.words[clockMoves]
    if (time <= this.now || left === 0) return
    this.#arena.set(clock, time)
    this.#arena.set(clockMoves, left - 1)
  }

  /** A wait for an expiry is over: it is hardware that waits, which refuses entries by this clock. Each follows a fill, so they end. */
  reachExpiry(time: number): void {
    if (time > this.now) this.#arena.set(this.#words.clock, time)
  }

  /** What follows is a search. */
  bound(): void {
    this.#arena.set(this.#words.clockMoves, MOST_MOVES)
  }

  /** What follows is one schedule, which ends by itself. */
  free(): void {
    this.#arena.set(this.#words.clockMoves, 2 ** 31 - 1)
  }
}

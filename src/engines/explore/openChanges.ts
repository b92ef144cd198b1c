import type { Arena } from './arena.js'
import { MOST_OPEN, OPEN_WORDS, type ExploreWords } from './exploreWords.js'

/** A change that nobody has claimed yet. */
export interface OpenChange {
  readonly serial: number
  /** Of the tracked page. */
  readonly index: number
  /** Stamp of the entry's write. */
  readonly version: number
  readonly allowed: number
  /** Obligations. */
  readonly owed: number
}

/** The changes that are open, owner by owner, in words of the state: a count, then each in the order of its opening. */
export class OpenChanges {
  readonly #arena: Arena
  readonly #placed: ExploreWords['open']

  constructor(arena: Arena, placed: ExploreWords['open']) {
    this.#arena = arena
    this.#placed = placed
  }

  #of(owner: number): number {
    return this.#placed.base + owner * this.#placed.stride
  }

  add(owner: number, { serial, index, version, allowed, owed }: OpenChange): void {
    const at = this.#of(owner)
    const count = this.#arena.words[at]
    if (count === MOST_OPEN) throw new Error('more changes of a CPU are unsettled than the explorer keeps')
    const open = at + 1 + count * OPEN_WORDS
    this.#arena.set(open, serial)
    this.#arena.set(open + 1, index)
    this.#arena.set(open + 2, version)
    this.#arena.set(open + 3, allowed)
    this.#arena.set(open + 4, owed)
    this.#arena.set(at, count + 1)
  }

  /** @param open the word where it is kept */
  #read(open: number): OpenChange {
    const [serial, index, version, allowed, owed] = this.#arena.words.subarray(open, open + OPEN_WORDS)
    return { serial, index, version, allowed, owed }
  }

  find(owner: number, serial: number): OpenChange | null {
    const { words } = this.#arena
    const at = this.#of(owner)
    for (let i = 0; i < words[at]; i++) {
      const open = at + 1 + i * OPEN_WORDS
      if (words[open] === serial) return this.#read(open)
    }
    return null
  }

  /** Forgets those that are claimed, each after it was judged. */
  close(owner: number, isClaimed: (serial: number) => boolean, judge: (change: OpenChange) => void): void {
    const { words } = this.#arena
    const at = this.#of(owner)
    const count = words[at]
    let kept = 0
    for (let i = 0; i < count; i++) {
      const from = at + 1 + i * OPEN_WORDS
      if (isClaimed(words[from])) {
        judge(this.#read(from))
        continue
      }
      const to = at + 1 + kept * OPEN_WORDS
      if (to !== from)
        for (let word = 0; word < OPEN_WORDS; word++) this.#arena.set(to + word, words[from + word])
      kept++
    }
    for (let word = at + 1 + kept * OPEN_WORDS; word < at + 1 + count * OPEN_WORDS; word++)
      this.#arena.set(word, 0)
    this.#arena.set(at, kept)
  }
}

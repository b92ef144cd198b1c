import type { Placed } from '../../contract/strategy.js'
import type { Arena } from './arena.js'
import { BUFFERED, MOST_BUFFERED } from './exploreWords.js'

/**
 * One CPU's store buffer: plain stores of its strategy reach the other CPUs in their order, but late.
 * Its own loads see them at once. Read-modify-writes, fences and interrupts wait until it is empty;
 * the search empties it at any other time, a store at a time.
 */
export class StoreBuffer {
  readonly #arena: Arena
  readonly #count: number
  readonly #entries: number
  readonly #isOn: boolean

  constructor(arena: Arena, cpu: number, cpus: Placed, buffers: Placed, isOn: boolean) {
    this.#arena = arena
    this.#count = cpus.base + cpu * cpus.stride + BUFFERED
    this.#entries = buffers.base + cpu * buffers.stride
    this.#isOn = isOn
  }

  get count(): number {
    return this.#isOn ? this.#arena.words[this.#count] : 0
  }

  read(word: number): number {
    const { words } = this.#arena
    for (let i = this.count - 1; i >= 0; i--) {
      if (words[this.#entries + i * 2] === word) return words[this.#entries + i * 2 + 1]
    }
    return words[word]
  }

  write(word: number, value: number): void {
    if (!this.#isOn) {
      this.#arena.set(word, value)
      return
    }
    if (this.count === MOST_BUFFERED) this.commitOldest()
    const at = this.#entries + this.count * 2
    this.#arena.set(at, word)
    this.#arena.set(at + 1, value)
    this.#arena.set(this.#count, this.count + 1)
  }

  commitOldest(): void {
    const { words } = this.#arena
    this.#arena.set(words[this.#entries], words[this.#entries + 1])
    const left = this.count - 1
    for (let i = 0; i < left * 2; i++) this.#arena.set(this.#entries + i, words[this.#entries + i + 2])
    this.#arena.set(this.#entries + left * 2, 0)
    this.#arena.set(this.#entries + left * 2 + 1, 0)
    this.#arena.set(this.#count, left)
  }

  drain(): void {
    while (this.count > 0) this.commitOldest()
  }
}

import type { Memory } from '../machine/memory.js'

/** Plain words: one CPU runs at a time. The kernel side's own accesses are part of its flat costs and not charged one by one. */
export class PlainMemory implements Memory {
  readonly #words: Int32Array

  constructor(words: Int32Array) {
    this.#words = words
  }

  load(word: number): number {
    return this.#words[word]
  }

  store(word: number, value: number): void {
    this.#words[word] = value
  }

  add(word: number, delta: number): number {
    const before = this.#words[word]
    this.#words[word] = before + delta
    return before
  }

  or(word: number, bits: number): number {
    const before = this.#words[word]
    this.#words[word] = before | bits
    return before
  }

  and(word: number, bits: number): number {
    const before = this.#words[word]
    this.#words[word] = before & bits
    return before
  }

  exchange(word: number, value: number): number {
    const before = this.#words[word]
    this.#words[word] = value
    return before
  }

  compareExchange(word: number, expected: number, value: number): number {
    const before = this.#words[word]
    if (before === expected) this.#words[word] = value
    return before
  }

  peek(word: number): number {
    return this.#words[word]
  }

  poke(word: number, value: number): void {
    this.#words[word] = value
  }
}

import type { Memory } from '../../machine/memory.js'

/** Shared words between workers. JavaScript's atomics are sequentially consistent, all of them. */
export class AtomicMemory implements Memory {
  readonly #words: Int32Array<SharedArrayBuffer>

  constructor(words: Int32Array<SharedArrayBuffer>) {
    this.#words = words
  }

  load(word: number): number {
    return Atomics.load(this.#words, word)
  }

  store(word: number, value: number): void {
    Atomics.store(this.#words, word, value)
  }

  add(word: number, delta: number): number {
    return Atomics.add(this.#words, word, delta)
  }

  or(word: number, bits: number): number {
    return Atomics.or(this.#words, word, bits)
  }

  and(word: number, bits: number): number {
    return Atomics.and(this.#words, word, bits)
  }

  exchange(word: number, value: number): number {
    return Atomics.exchange(this.#words, word, value)
  }

  compareExchange(word: number, expected: number, value: number): number {
    return Atomics.compareExchange(this.#words, word, expected, value)
  }

  peek(word: number): number {
    return this.#words[word]
  }

  poke(word: number, value: number): void {
    this.#words[word] = value
  }
}

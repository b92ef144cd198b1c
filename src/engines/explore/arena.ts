/**
 * Every word of a state in one array, with a trail that leads back and a hash that follows each write.
 *
 * The hash is the exclusive-or over all words of a mix of index and value, so it does not depend on
 * the order of writes, and a write costs two mixes instead of a pass over the state. Two lanes of 32
 * bits: with 10^8 states the chance that any two differing ones are taken for one is below 10^-3.
 */
export class Arena {
  readonly words: Int32Array
  /** Private words as they were at the start of the running step; equal to `words` everywhere else. */
  readonly committed: Int32Array
  /** 1: only history, not part of the state (counters that nobody reads). */
  readonly #isHistory: Uint8Array
  #trailWord = new Int32Array(1 << 16)
  #trailValue = new Int32Array(1 << 16)
  trailLength = 0
  hashLow = 0
  hashHigh = 0

  /** @param words what boot has left; it becomes the state with hash 0 */
  constructor(words: Int32Array) {
    this.words = words
    this.committed = words.slice()
    this.#isHistory = new Uint8Array(words.length)
  }

  /** From here on: the present state has hash 0, and the trail leads back to it. */
  begin(): void {
    this.trailLength = 0
    this.hashLow = 0
    this.hashHigh = 0
  }

  /** The word's value no longer tells states apart. */
  ignore(word: number): void {
    this.#isHistory[word] = 1
  }

  set(word: number, value: number): void {
    const before = this.committed[word]
    this.words[word] = value
    // Read back: the array wraps to 32 bits.
    const after = this.words[word]
    if (before === after) return
    this.committed[word] = after
    if (this.trailLength === this.#trailWord.length) this.#growTrail()
    this.#trailWord[this.trailLength] = word
    this.#trailValue[this.trailLength++] = before
    if (this.#isHistory[word] === 1) return
    this.hashLow ^= mixLow(word, before) ^ mixLow(word, after)
    this.hashHigh ^= mixHigh(word, before) ^ mixHigh(word, after)
  }

  #growTrail(): void {
    const length = this.#trailWord.length * 2
    const words = new Int32Array(length)
    const values = new Int32Array(length)
    words.set(this.#trailWord)
    values.set(this.#trailValue)
    this.#trailWord = words
    this.#trailValue = values
  }

  /** Back to where the trail was `length` long; the hash is the caller's to put back. */
  undoTo(length: number, hashLow: number, hashHigh: number): void {
    for (let i = this.trailLength - 1; i >= length; i--) {
      const word = this.#trailWord[i]
      this.words[word] = this.#trailValue[i]
      this.committed[word] = this.#trailValue[i]
    }
    this.trailLength = length
    this.hashLow = hashLow
    this.hashHigh = hashHigh
  }

  /** Words written since the trail was `from` long, each once, with the value before the first write. */
  writtenSince(from: number): Map<number, number> {
    const written = new Map<number, number>()
    for (let i = from; i < this.trailLength; i++) {
      if (!written.has(this.#trailWord[i])) written.set(this.#trailWord[i], this.#trailValue[i])
    }
    return written
  }
}

function mixLow(word: number, value: number): number {
  let x = Math.imul(word, 0x9e3779b1) ^ Math.imul(value ^ 0x7f4a7c15, 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d)
  x = Math.imul(x ^ (x >>> 12), 0x297a2d39)
  return x ^ (x >>> 15)
}

function mixHigh(word: number, value: number): number {
  let x = Math.imul(word ^ 0x3c6ef372, 0xc2b2ae35) ^ Math.imul(value, 0x27d4eb2f)
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad)
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97)
  return x ^ (x >>> 15)
}

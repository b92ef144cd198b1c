import type { TapeSet } from '../../contract/tape.js'

/**
 * FNV-1a, 64 bits, as two halves of 32: workloads may import no `node:crypto`, and a number of
 * JavaScript holds 53 bits only. It tells tapes apart; it is no defence against anybody.
 */
const PRIME_LOW = 0x1b3
/** The prime is 2^40 + 0x1b3, so its upper part is a shift of the low half into the high one. */
const PRIME_SHIFT = 8

class Fnv {
  #high = 0xcbf29ce4
  #low = 0x84222325

  /** Four bytes, the lowest first. */
  word(value: number): void {
    for (let shift = 0; shift < 32; shift += 8) {
      const low = (this.#low ^ ((value >>> shift) & 0xff)) >>> 0
      const product = low * PRIME_LOW
      const carry = Math.floor(product / 0x1_0000_0000)
      this.#high = (Math.imul(this.#high, PRIME_LOW) + carry + (low << PRIME_SHIFT)) >>> 0
      this.#low = product >>> 0
    }
  }

  get digits(): string {
    return this.#high.toString(16).padStart(8, '0') + this.#low.toString(16).padStart(8, '0')
  }
}

/** 16 hex digits over everything that an engine is given. Lengths go in too, so that words cannot move between tapes. */
export function tapeHash(set: Omit<TapeSet, 'hash'>): string {
  const fnv = new Fnv()
  for (const count of [set.tapes.length, set.handleCount, set.maxOperationPages, set.spaceCount])
    fnv.word(count)
  if (set.windowPages !== undefined) fnv.word(set.windowPages)
  for (const { role, bodyAt, opCount, instructions } of set.tapes) {
    for (const count of [role, bodyAt, opCount, instructions.length]) fnv.word(count)
    for (const word of instructions) fnv.word(word)
  }
  return fnv.digits
}

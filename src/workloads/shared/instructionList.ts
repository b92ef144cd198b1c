import { INSTRUCTION_WORDS } from '../../contract/tape.js'

/** Flags of an instruction lie above its opcode, kinds above the flags of an entry: 8 bits in both cases. */
export const UPPER = 8

/** A tape that grows. */
export class InstructionList {
  readonly #words: number[] = []

  append(opcode: number, a = 0, b = 0, c = 0): void {
    this.#words.push(opcode, a, b, c)
  }

  /** Instructions so far, which is also the number of the next one. */
  get count(): number {
    return this.#words.length / INSTRUCTION_WORDS
  }

  get wordCount(): number {
    return this.#words.length
  }

  toWords(): Int32Array {
    return Int32Array.from(this.#words)
  }
}

import {
  INSTRUCTION_WORDS,
  MAX_LOOP_DEPTH,
  TAPE_ACCESS,
  TAPE_LOOP,
  TAPE_LOOP_END,
  type Tape,
} from '../../src/contract/tape.js'

const counts = new Int32Array(MAX_LOOP_DEPTH)
const starts = new Int32Array(MAX_LOOP_DEPTH)

/**
 * The bare loop over a tape's body: decodes the same instructions and touches each page number, and
 * does nothing else. No engine can be faster at the same tape.
 * @returns a sum over the page numbers, so that V8 cannot leave the loop out
 */
export function bareTape({ instructions, bodyAt }: Tape): number {
  let sum = 0
  let depth = 0
  for (let at = bodyAt; at < instructions.length; at += INSTRUCTION_WORDS) {
    switch (instructions[at] & 0xff) {
      case TAPE_ACCESS: {
        const first = instructions[at + 2]
        const count = instructions[at + 3]
        for (let done = 0; done < count; done++) sum = (sum + first + done) | 0
        break
      }
      case TAPE_LOOP:
        counts[depth] = instructions[at + 1]
        starts[depth] = at
        depth++
        break
      case TAPE_LOOP_END:
        if (--counts[depth - 1] > 0) at = starts[depth - 1]
        else depth--
        break
      default:
        break
    }
  }
  return sum
}

/** Keeps results alive. */
export const sink = { value: 0 }

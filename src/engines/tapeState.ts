import { INSTRUCTION_WORDS, TAPE_NAMES, type Tape } from '../contract/tape.js'

/** Words of the tape's state. */
export const AT = 0
/** Pages of the current access run that are done. */
export const DONE_PAGES = 1
export const LOOP_DEPTH = 2
/** Inside an instruction that takes several steps: which part comes next. */
export const PART = 3
export const LOOPS = 4
export const LOOP_WORDS = 2

/** @param state the words of a tape's state, from `CellWords.tapeAt` on */
export function describeTape(tape: Tape, state: Int32Array): string {
  const at = state[AT]
  const name = TAPE_NAMES[tape.instructions[at] & 0xff]
  return `tape at instruction ${at / INSTRUCTION_WORDS} (${name ?? 'past its end'})`
}

import {
  TAPE_ACCESS,
  TAPE_ACCESS_DIRECT,
  TAPE_ACCESS_KERNEL,
  TAPE_LOOP,
  TAPE_LOOP_END,
  TAPE_OP_BEGIN,
  TAPE_OP_END,
} from '../contract/tape.js'

/** Whether an instruction touches nothing that other CPUs change, as long as its accesses hit: accesses, loops, time stamps. */
export function isLocal(opcode: number): boolean {
  return (
    opcode === TAPE_ACCESS ||
    opcode === TAPE_ACCESS_DIRECT ||
    opcode === TAPE_ACCESS_KERNEL ||
    opcode === TAPE_LOOP ||
    opcode === TAPE_LOOP_END ||
    opcode === TAPE_OP_BEGIN ||
    opcode === TAPE_OP_END
  )
}

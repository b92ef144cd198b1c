import {
  TAPE_ACCESS,
  TAPE_AWAIT_READERS,
  TAPE_BARRIER,
  TAPE_COMPUTE,
  TAPE_END,
  TAPE_LOOP,
  TAPE_LOOP_END,
  TAPE_OP_BEGIN,
  TAPE_OP_END,
  TAPE_PAUSE,
  TAPE_TICK,
} from '../contract/tape.js'
import type { Kernel } from '../pagetable/kernel.js'

/** Instructions that run in user mode, a bit each; all others are system calls, idleness, or accesses of the kernel itself. */
const IN_USER_MODE = [
  TAPE_END,
  TAPE_ACCESS,
  TAPE_OP_BEGIN,
  TAPE_OP_END,
  TAPE_PAUSE,
  TAPE_COMPUTE,
  TAPE_LOOP,
  TAPE_LOOP_END,
  TAPE_BARRIER,
  TAPE_AWAIT_READERS,
  TAPE_TICK,
].reduce((bits, opcode) => bits | (1 << opcode), 0)

/** Whether the next step lies on the other side of the border between user code and the kernel. */
export function mustCross(kernel: Kernel, opcode: number): boolean {
  const isForUser = kernel.isIdle && (IN_USER_MODE & (1 << opcode)) !== 0
  return isForUser !== kernel.isInUserMode
}

/**
 * Goes to the side of the next step. A step of its own: what has passed is judged between the hook and what follows it.
 * @returns whether that was a step
 */
export function cross(kernel: Kernel, opcode: number): boolean {
  if (!mustCross(kernel, opcode)) return false
  if (kernel.isInUserMode) kernel.enter()
  else kernel.leave()
  return true
}

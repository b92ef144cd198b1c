import { LIST_COUNT } from '../machine/frames.js'
import { HANDLE_PINS, type MachineWords } from '../machine/words.js'
import { logEntry } from './changeLog.js'
import { FAULT_HANDLE, FAULT_WORD } from './fault.js'
import {
  DEPTH,
  FRAME_SIZE,
  FRAMES_AT,
  LOCALS,
  LOG_BITS,
  LOG_COUNT,
  LOG_IS_INHERITED,
  LOG_IS_UNLOCKED,
  LOG_WORD,
  ROUTINE,
  top,
} from './position.js'
import { WORD } from './rangeEdit.js'
import { ROUTINE_FAULT, ROUTINE_RANGE, ROUTINE_TAKE_FRAME, ROUTINE_UNMAP } from './routine.js'
import { BUSY } from './softBits.js'

/**
 * For watchdogs: what keeps a CPU from going on in the kernel, and who could let it. Reads words of
 * CPUs that stand still; a step that says RETRY leaves no trace, so it is the locks that are looked at.
 */
export interface StandStill {
  readonly words: Int32Array
  readonly layout: MachineWords
  readonly others: readonly number[]
  stackOf(cpu: number): Int32Array
  logOf(cpu: number): Int32Array
}

/** CPUs that have locked the entry that this one wants; null: it wants none, or it is free. */
export function lockHolders(machine: StandStill, p: Int32Array): number[] | null {
  const at = top(p)
  const word = p[at + ROUTINE] === ROUTINE_RANGE ? p[at + WORD] : faultWord(p, at)
  if (word === 0 || (machine.words[word] & BUSY) === 0) return null
  return machine.others.filter((cpu) => hasLocked(machine.stackOf(cpu), machine.logOf(cpu), word))
}

function faultWord(p: Int32Array, at: number): number {
  return p[at + ROUTINE] === ROUTINE_FAULT ? p[at + FAULT_WORD] : 0
}

function hasLocked(p: Int32Array, log: Int32Array, word: number): boolean {
  for (let index = 0; index < p[LOG_COUNT]; index++) {
    const item = logEntry(index)
    const isOpen = (log[item + LOG_BITS] & (LOG_IS_UNLOCKED | LOG_IS_INHERITED)) === 0
    if (isOpen && log[item + LOG_WORD] === word) return true
  }
  return false
}

/** CPUs in a fault of the mapping that this one unmaps; null: it unmaps none, or no fault pins it. */
export function pinHolders(machine: StandStill, p: Int32Array): number[] | null {
  const at = top(p)
  if (p[at + ROUTINE] !== ROUTINE_UNMAP) return null
  const { handles } = machine.layout
  const handle = p[at + LOCALS]
  if (machine.words[handles.base + handle * handles.stride + HANDLE_PINS] === 0) return null
  return machine.others.filter((cpu) => isInFaultOf(machine.stackOf(cpu), handle))
}

function isInFaultOf(p: Int32Array, handle: number): boolean {
  for (let depth = 0; depth < p[DEPTH]; depth++) {
    const at = FRAMES_AT + depth * FRAME_SIZE
    if (p[at + ROUTINE] === ROUTINE_FAULT && p[at + FAULT_HANDLE] === handle) return true
  }
  return false
}

/** CPUs that are just demanding frames, where this one wants a frame; null: it wants none. */
export function frameHolders(machine: StandStill, p: Int32Array): number[] | null {
  if (p[top(p) + ROUTINE] !== ROUTINE_TAKE_FRAME) return null
  const { claimLists } = machine.layout
  return machine.others.filter(
    (cpu) => machine.words[claimLists.base + cpu * claimLists.stride + LIST_COUNT] > 0,
  )
}

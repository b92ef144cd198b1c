/** What a CPU can do next. An action is one number: the CPU, the kind, the operation chosen. */
export const ACT_CONTINUE = 0
export const ACT_INTERRUPT = 1
export const ACT_SPURIOUS = 2
export const ACT_AGAIN = 3
export const ACT_TICK = 4
export const ACT_RESUME = 5
export const ACT_KERNEL = 6
export const ACT_OPERATION = 7
/** The oldest store in the CPU's buffer reaches memory. */
export const ACT_COMMIT = 8
/** Caches an entry, where fills are actions of their own. */
export const ACT_FILL = 9
/** Drops what a CPU has broadcast; which of the broadcasts under way is the parameter. */
export const ACT_DELIVER = 10

/** An idle CPU wakes: for an interrupt, or because its time is over. */
export const ACT_WAKE = 11
/** The host runs a preempted CPU again. */
export const ACT_REENTER = 12
/** A look for requests: between two steps, at any time, in vain or not. */
export const ACT_POLL = 13
/** From user code into the kernel, for whatever follows there, and back; where the strategy is told. */
export const ACT_ENTER = 14
export const ACT_LEAVE = 15

const CPU_BITS = 3
const KIND_BITS = 4

export function actionOf(cpu: number, kind: number, param = 0): number {
  return cpu | (kind << CPU_BITS) | (param << (CPU_BITS + KIND_BITS))
}

export function cpuOf(action: number): number {
  return action & ((1 << CPU_BITS) - 1)
}

export function kindOf(action: number): number {
  return (action >> CPU_BITS) & ((1 << KIND_BITS) - 1)
}

export function paramOf(action: number): number {
  return action >> (CPU_BITS + KIND_BITS)
}

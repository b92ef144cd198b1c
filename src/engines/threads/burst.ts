import { COUNT_ACCESSES } from '../../machine/counters.js'
import { RAN } from '../../pagetable/routine.js'
import type { Interpreter, TapeOutcome } from '../interpreter.js'

/** Accesses between two looks at the mailbox: the delivery latency of an interrupt, about 0.2 us. */
const BURST = 64

/**
 * One step of the tape, or as many accesses as make a burst: short runs would pay for a look at the
 * mailbox each. Nothing but accesses, loops and time stamps is chained, so every step of the kernel
 * still has its own look before it.
 */
export function burst(tape: Interpreter, counters: Float64Array, end: number): TapeOutcome {
  if (!tape.isNextLocal) return tape.step(BURST, end)
  const before = counters[COUNT_ACCESSES]
  let left = BURST
  for (let instructions = 1; ; instructions++) {
    const outcome = tape.step(left, end)
    // A walk, a fault, or what is not an access: the mailbox comes first.
    if (outcome !== RAN || !tape.isNextLocal) return outcome
    // As an integer: counters are doubles, and a double here would make doubles of all page numbers.
    left = (BURST - (counters[COUNT_ACCESSES] - before)) | 0
    if (left <= instructions) return outcome
  }
}

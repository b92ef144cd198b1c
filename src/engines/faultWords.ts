import type { Placed } from '../contract/strategy.js'
import type { Layout } from '../machine/layout.js'

/**
 * Words in which faults are written down, so that a watchdog can say who waits for whom. Placed behind
 * all others and only where there is a fault: every other word is where it is without.
 */
export interface FaultWords {
  /** Per CPU a set of the CPUs whose acknowledgement its countdown still waits for. */
  readonly awaited: Placed
  /** Per CPU a set of the CPUs that never got its interrupt. */
  readonly lost: Placed
  /** 1: the CPU was ended on purpose. */
  readonly killed: Placed
  /** Interrupts sent by all CPUs since the faults began. */
  readonly sends: number
}

export function placeFaults(layout: Layout, cpuCount: number): FaultWords {
  const setWords = Math.ceil(cpuCount / 32)
  return {
    awaited: layout.lines('awaited', cpuCount, setWords),
    lost: layout.lines('lostInterrupts', cpuCount, setWords),
    killed: layout.lines('killed', cpuCount),
    sends: layout.run('sentInterrupts', 1),
  }
}

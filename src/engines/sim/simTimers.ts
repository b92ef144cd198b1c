import type { SimCpu } from './simCpu.js'

/** What comes to CPUs by the clock. Chosen once for a machine: ticks, or ticks and faults. */
export interface SimTimers {
  /** A timer of this CPU is due; sets its next one. @returns whether the CPU takes a tick now */
  fired(sim: SimCpu): boolean
  /** Whether a CPU takes a tick that a tape asks all CPUs for. */
  answersTick(sim: SimCpu): boolean
}

export class Ticks implements SimTimers {
  readonly #tickPs: number

  constructor(tickPs: number) {
    this.#tickPs = tickPs
  }

  fired(sim: SimCpu): boolean {
    sim.timerPs += this.#tickPs
    return true
  }

  answersTick(): boolean {
    return true
  }
}

import type { SimCpu } from './simCpu.js'

/** What comes to CPUs by the clock. Chosen once for a machine: ticks, or ticks and faults. */
export interface SimTimers {
  /** A timer of this CPU is due; sets its next one. @returns whether the CPU takes a tick now */
  fired(sim: SimCpu): boolean
  /** The CPU was gone for a while: of all ticks that were due meanwhile the last one is left. */
  missed(sim: SimCpu): void
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
    return !sim.cpu.kernel.isTickless
  }

  missed(sim: SimCpu): void {
    sim.timerPs = lastDuePs(sim.timerPs, sim.clock.nowPs, this.#tickPs)
  }

  answersTick(sim: SimCpu): boolean {
    return !sim.cpu.kernel.isTickless
  }
}

/** Of the times from the next one on, a period apart, the last that is over; the next one if none is. */
export function lastDuePs(nextPs: number, nowPs: number, periodPs: number): number {
  if (nextPs >= nowPs) return nextPs
  return nextPs + Math.floor((nowPs - nextPs) / periodPs) * periodPs
}

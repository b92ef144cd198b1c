import { KERNEL_SPACE } from '../../contract/page.js'
import type { StaleSpans } from '../../oracle/staleSpans.js'
import type { SimCpu } from './simCpu.js'

/** All TLBs of the machine, for hardware that reaches those of other CPUs or knows when they drop what. */
export class SimTlbs {
  readonly #cpus: readonly SimCpu[]
  readonly #spans: StaleSpans | null
  /** The latest time at which a CPU has taken its turn; who takes one later (in a drain at an earlier time) has lost what expired by it. */
  presentPs = 0

  constructor(cpus: readonly SimCpu[], spans: StaleSpans | null) {
    this.#cpus = cpus
    this.#spans = spans
  }

  /** The CPU is about to take its turn. */
  turn(sim: SimCpu, timePs: number): void {
    if (timePs > this.presentPs) this.presentPs = timePs
    if (sim.expiryPs > this.presentPs) return
    sim.cpu.lease?.dropExpired(this.presentPs / 1000)
    this.#note(sim, sim.clock.nowPs)
  }

  /** @returns on how many CPUs other than the asker pages were, one by one */
  dropEverywhere(
    from: number,
    space: number,
    firstPage: number,
    pageCount: number,
    isWhole: boolean,
  ): number {
    const { nowPs } = this.#cpus[from].clock
    let messages = 0
    for (const sim of this.#cpus) {
      const held = sim.cpu.port.dropHere(space, firstPage, pageCount, isWhole)
      if (sim.cpu.id !== from) messages += held
      this.#note(sim, nowPs)
    }
    return messages
  }

  #note(sim: SimCpu, atPs: number): void {
    this.#spans?.flushed(sim.cpu.id, KERNEL_SPACE, 0, Infinity, atPs / 1000)
  }
}

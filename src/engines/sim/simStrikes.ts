import { type FaultSpans, spansOf } from '../faultSpans.js'
import type { Draw, FaultPlan } from '../faultPlan.js'
import type { SimCpu } from './simCpu.js'

const PS_PER_NS = 1000

/** Faults that come to one CPU by the clock: stalls, its end, second deliveries; and when it has interrupts off. */
export class SimStrikes {
  readonly #off: FaultSpans | null
  readonly #stalls: FaultSpans | null
  readonly #killPs: number
  /** In the order of time. */
  readonly #repeatsPs: number[] = []
  #stallPs: number
  #stallEndPs: number

  constructor(plan: FaultPlan, cpu: number, draw: Draw, beginPs: number) {
    this.#off = spansOf(plan, 'interrupts-off', cpu, draw, beginPs, PS_PER_NS)
    this.#stalls = spansOf(plan, 'stall-cpu', cpu, draw, beginPs, PS_PER_NS)
    const kill = plan.faults['kill-worker']
    this.#killPs = kill?.['cpu'] === cpu ? beginPs + kill['afterUs'] * 1000 * PS_PER_NS : Infinity
    const first = this.#stalls?.next(beginPs)
    this.#stallPs = first?.from ?? Infinity
    this.#stallEndPs = first?.to ?? Infinity
  }

  /** What arrives while interrupts are off is taken when they are on again. */
  takesInterruptsFrom(atPs: number): number {
    return this.#off?.until(atPs) ?? atPs
  }

  repeatAt(atPs: number): void {
    this.#repeatsPs.push(atPs)
    this.#repeatsPs.sort((a, b) => a - b)
  }

  get nextPs(): number {
    return Math.min(this.#killPs, this.#stallPs, this.#repeatsPs[0] ?? Infinity)
  }

  /** What is due on the CPU happens. @returns whether that was its end */
  fired(sim: SimCpu): boolean {
    const { clock } = sim
    if (this.#killPs <= clock.nowPs) {
      // A clock that stands at the end of all time: whatever waits for this CPU's next action waits for ever.
      clock.nowPs = Infinity
      return true
    }
    if (this.#stallPs <= clock.nowPs) {
      this.#stall(sim)
    } else if (this.#repeatsPs.length > 0 && this.#repeatsPs[0] <= clock.nowPs) {
      this.#repeatsPs.shift()
      const atPs = this.takesInterruptsFrom(clock.nowPs)
      // One that is on its way still arrives, if only to find its request served.
      if (atPs < sim.arrivalPs && sim.arrivalPs < Infinity) this.repeatAt(sim.arrivalPs)
      sim.arrivalPs = Math.min(sim.arrivalPs, atPs)
    }
    return false
  }

  /** Work in user mode is done later by what the stall has taken. */
  #stall(sim: SimCpu): void {
    const lengthPs = this.#stallEndPs - this.#stallPs
    sim.clock.nowPs += lengthPs
    if (sim.isComputing) sim.busyUntilPs += lengthPs
    const following = this.#stalls?.next(this.#stallEndPs)
    this.#stallPs = following?.from ?? Infinity
    this.#stallEndPs = following?.to ?? Infinity
  }
}

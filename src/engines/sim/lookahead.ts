import { COUNT_ACCESSES, COUNT_PASSED_OVER } from '../../machine/counters.js'
import type { Interconnect } from './interconnect.js'
import { Schedule } from './schedule.js'
import type { SimCpu } from './simCpu.js'

/** The pass of an innocent's body that is under way, as it was when it began. */
interface PassRecord {
  startedPs: number
  tlbVersion: number
  kernelSteps: number
  accesses: number
  passedOver: number
  /** Count of kernel steps for which the CPU is known to repeat itself; -1: it is not. */
  steadyAt: number
}

/**
 * How far a CPU may run ahead of the others. Hits touch nothing but its own TLB, so what matters is
 * the earliest time at which anything that another CPU still does could reach it: that CPU's time plus
 * the shortest delivery of an interrupt or a broadcast. A broadcast that arrives may end somebody's wait,
 * so it counts as another CPU does, and for the CPU that it gets to as an interrupt.
 *
 * A steady CPU goes further. It repeats a pass that only hits its own TLB; until its next tick or
 * interrupt, or until somebody enters the kernel, it does nothing that anybody would notice, so steady
 * CPUs need not wait for each other. And as its passes are copies of one another, they need not be run
 * one by one. Both are exact: a test compares them with running every pass.
 */
export class Lookahead {
  readonly #cpus: readonly SimCpu[]
  readonly #schedule: Schedule
  readonly #aheadPs: number
  readonly #interconnect: Interconnect | null
  readonly #passes: PassRecord[]
  /** When each CPU can do something that others notice; valid while `#influenceAt` is the count of kernel steps. */
  readonly #influence: Schedule
  #influenceAt = -1
  /** Steps of any CPU's kernel so far. */
  kernelSteps = 0

  constructor(
    cpus: readonly SimCpu[],
    schedule: Schedule,
    aheadPs: number,
    interconnect: Interconnect | null,
  ) {
    this.#cpus = cpus
    this.#interconnect = interconnect
    this.#schedule = schedule
    this.#aheadPs = aheadPs
    this.#influence = new Schedule(cpus.length)
    this.#passes = cpus.map(() => ({
      startedPs: 0,
      tlbVersion: -1,
      kernelSteps: -1,
      accesses: 0,
      passedOver: 0,
      steadyAt: -1,
    }))
  }

  /** The CPU's time in the schedule has changed. */
  rescheduled(cpu: number): void {
    if (this.#influenceAt === this.kernelSteps) this.#influence.set(cpu, this.#influencePs(cpu))
  }

  #isSteady(cpu: number): boolean {
    return this.#passes[cpu].steadyAt === this.kernelSteps
  }

  #influencePs(cpu: number): number {
    const sim = this.#cpus[cpu]
    // Nothing wakes a preempted CPU, so what is pending there concerns nobody before it is back.
    if (!this.#isSteady(cpu) || sim.cpu.kernel.isPreempted) return this.#schedule.timeOf(cpu)
    return Math.min(sim.arrivalPs, sim.timerPs, sim.tickAskedPs, sim.expiryPs, sim.pollPs)
  }

  /** Until when a CPU may run ahead as long as it only hits. */
  horizon(sim: SimCpu): number {
    const { id } = sim.cpu
    const own = Math.min(sim.arrivalPs, sim.timerPs, sim.purgePs, sim.expiryPs, sim.pollPs)
    if (!this.#isSteady(id))
      return Math.min(own, this.#before(this.#schedule.earliestOther(id)) + this.#aheadPs)
    return Math.min(own, this.#othersQuietUntil(id) + this.#aheadPs)
  }

  #othersQuietUntil(id: number): number {
    if (this.#influenceAt !== this.kernelSteps) {
      this.#influenceAt = this.kernelSteps
      for (let cpu = 0; cpu < this.#cpus.length; cpu++) this.#influence.set(cpu, this.#influencePs(cpu))
    }
    return this.#before(this.#influence.earliestOther(id))
  }

  #before(timePs: number): number {
    return this.#interconnect === null ? timePs : Math.min(timePs, this.#interconnect.nextPs)
  }

  /** A body begins anew. */
  restart(sim: SimCpu): void {
    this.unsettle(sim.cpu.id)
    this.#note(sim)
    this.#passes[sim.cpu.id].tlbVersion = -1
  }

  /** A handler or a tick has run: what the CPU will do next is open again. */
  unsettle(cpu: number): void {
    this.#passes[cpu].steadyAt = -1
    this.#passes[cpu].tlbVersion = -1
  }

  /**
   * An innocent's pass has ended. If it missed nothing, entered no kernel, and nobody's kernel changed
   * anything meanwhile, every further pass until the horizon is its copy: same hits, same time.
   * @returns passes that were taken over
   */
  endPass(sim: SimCpu, mayRepeat: boolean, untilPs: number): number {
    const { cpu, clock } = sim
    const pass = this.#passes[cpu.id]
    const tookPs = clock.nowPs - pass.startedPs
    const isCopy = pass.tlbVersion === cpu.tlb.version && pass.kernelSteps === this.kernelSteps && tookPs > 0
    pass.steadyAt = isCopy ? this.kernelSteps : -1
    let times = 0
    if (isCopy && mayRepeat) {
      // Not as far as the horizon: who waits for passes to end must not see them before their time.
      const quietUntil = Math.min(this.horizon(sim), this.#othersQuietUntil(cpu.id), untilPs)
      times = Math.max(0, Math.floor((quietUntil - clock.nowPs) / tookPs))
      clock.nowPs += times * tookPs
      cpu.counters[COUNT_ACCESSES] += times * (cpu.counters[COUNT_ACCESSES] - pass.accesses)
      cpu.counters[COUNT_PASSED_OVER] += times * (cpu.counters[COUNT_PASSED_OVER] - pass.passedOver)
    }
    this.#note(sim)
    return times
  }

  #note(sim: SimCpu): void {
    const pass = this.#passes[sim.cpu.id]
    pass.startedPs = sim.clock.nowPs
    pass.tlbVersion = sim.cpu.tlb.version
    pass.kernelSteps = this.kernelSteps
    pass.accesses = sim.cpu.counters[COUNT_ACCESSES]
    pass.passedOver = sim.cpu.counters[COUNT_PASSED_OVER]
  }
}

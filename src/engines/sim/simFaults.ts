import type { Parameters } from '../../contract/parameter.js'
import { drawBetween, faultStream, isStruck, type Draw, type FaultPlan } from '../faultPlan.js'
import type { FaultName } from '../faultSpecs.js'
import { FaultLog } from '../faultLog.js'
import type { Broadcast } from './interconnect.js'
import type { SimCpu } from './simCpu.js'
import type { SimEvents } from './simPort.js'
import { lastDuePs, type SimTimers } from './simTimers.js'
import { SimStrikes } from './simStrikes.js'

/** The machine that faults come between: what would have happened without them. */
export interface UndisturbedSim extends SimEvents {
  readonly cpus: readonly SimCpu[]
  readonly tickPs: number
  /** When an interrupt that is sent now arrives. */
  arrivalOf(from: number, target: number): number
  deliver(target: number, arrivalPs: number): void
}

/** An interrupt that waits to be overtaken. */
interface Held {
  readonly target: number
  readonly byPs: number
}

/**
 * Faults in virtual time. Stands between the ports and the machine, so that nothing of it is there
 * where no fault was asked for. Interrupts only ever arrive later than they would have, which is what
 * lets CPUs run ahead as far as they do without faults.
 */
export class SimFaults implements SimEvents, SimTimers {
  readonly #machine: UndisturbedSim
  readonly #plan: FaultPlan
  readonly log: FaultLog
  readonly #draws: Draw[]
  readonly #held: (Held | null)[]
  /** Per CPU what comes by the clock; undefined while no fault is on. */
  #strikes: SimStrikes[] | undefined
  readonly #nextTickPs: Float64Array

  constructor(machine: UndisturbedSim, plan: FaultPlan, log: FaultLog, cpuCount: number) {
    this.#machine = machine
    this.#plan = plan
    this.log = log
    this.#draws = Array.from({ length: cpuCount }, (_, cpu) => faultStream(plan.seed, cpu))
    this.#held = Array.from({ length: cpuCount }, () => null)
    this.#nextTickPs = new Float64Array(cpuCount).fill(Infinity)
  }

  #of(name: FaultName): Parameters | undefined {
    return this.#plan.faults[name]
  }

  /** The measured pass begins: nothing was struck before. */
  begin(): void {
    this.log.beginCounting()
    this.#strikes = this.#machine.cpus.map((sim) => {
      const { id } = sim.cpu
      this.#nextTickPs[id] = sim.timerPs
      return new SimStrikes(this.#plan, id, this.#draws[id], sim.clock.nowPs)
    })
    for (const sim of this.#machine.cpus) this.#setTimer(sim)
  }

  /** The pass is over: what is on its way still arrives, and the drain is not struck. */
  end(): void {
    this.#strikes = undefined
    for (const sim of this.#machine.cpus) sim.timerPs = this.#nextTickPs[sim.cpu.id]
  }

  sent(from: number, target: number): void {
    this.log.sends(from, target)
    const strikes = this.#strikes?.[target]
    if (strikes === undefined) {
      this.#machine.sent(from, target)
      return
    }
    if (this.#isLost(from)) {
      this.log.loses(from, target)
      return
    }
    if (this.log.isKilled(target)) return
    const arrivalPs = this.#machine.arrivalOf(from, target) + this.#delayPs(target)
    // Who overtakes is not held back itself.
    const hasOvertaken = this.#overtake(from, target, arrivalPs)
    this.#arrive(target, hasOvertaken ? arrivalPs : this.#holdBack(from, target, arrivalPs))
  }

  #arrive(target: number, arrivalPs: number): void {
    const strikes = this.#strikes?.[target]
    const atPs = strikes === undefined ? arrivalPs : strikes.takesInterruptsFrom(arrivalPs)
    this.#machine.deliver(target, atPs)
    const again = this.#of('duplicate-interrupt')
    if (strikes === undefined || again === undefined) return
    if (!this.#strikesNow(target, again)) return
    strikes.repeatAt(atPs + drawBetween(this.#draws[target], 0, again['withinNs']) * 1000)
    this.#setTimer(this.#machine.cpus[target])
  }

  #strikesNow(cpu: number, parameters: Parameters): boolean {
    return isStruck(this.#draws[cpu], parameters['percent'])
  }

  #isLost(from: number): boolean {
    const loss = this.#of('lose-interrupt')
    if (loss === undefined) return false
    if (loss['percent'] > 0) return this.#strikesNow(from, loss)
    return this.log.countSend() === loss['nth']
  }

  #delayPs(target: number): number {
    const delay = this.#of('delay-interrupt')
    if (delay === undefined || !this.#strikesNow(target, delay)) return 0
    return drawBetween(this.#draws[target], delay['minNs'], delay['maxNs']) * 1000
  }

  /** Held back for its longest time now, and brought forward by the one that overtakes it. */
  #holdBack(from: number, target: number, arrivalPs: number): number {
    const reorder = this.#of('reorder-interrupt')
    if (reorder === undefined || this.#held[from] !== null || !this.#strikesNow(from, reorder))
      return arrivalPs
    const byPs = arrivalPs + reorder['holdNs'] * 1000
    this.#held[from] = { target, byPs }
    return byPs
  }

  #overtake(from: number, target: number, arrivalPs: number): boolean {
    const held = this.#held[from]
    if (held === null || (held.target === target && held.byPs > arrivalPs)) return false
    this.#held[from] = null
    if (held.byPs <= arrivalPs) return false
    const earliestPs = this.#strikes?.[held.target].takesInterruptsFrom(arrivalPs + 1) ?? arrivalPs + 1
    this.#machine.deliver(held.target, earliestPs)
    return true
  }

  acknowledged(by: number, owner: number, atPs: number, left: number): void {
    this.log.acknowledges(by, owner)
    this.#machine.acknowledged(by, owner, atPs, left)
  }

  wrote(word: number, atPs: number): void {
    this.#machine.wrote(word, atPs)
  }

  broadcast(broadcast: Broadcast, atPs: number): void {
    this.#machine.broadcast(broadcast, atPs)
  }

  settled(owner: number, serial: number, atPs: number): void {
    this.#machine.settled(owner, serial, atPs)
  }

  fired(sim: SimCpu): boolean {
    const { id } = sim.cpu
    const strikes = this.#strikes?.[id]
    if (strikes === undefined) {
      sim.timerPs += this.#machine.tickPs
      return !sim.cpu.kernel.isTickless
    }
    const now = sim.clock.nowPs
    let isTick = false
    if (this.#nextTickPs[id] <= now) {
      const fromPs = strikes.takesInterruptsFrom(now)
      isTick = fromPs === now && this.answersTick(sim)
      this.#nextTickPs[id] = fromPs === now ? this.#nextTickPs[id] + this.#machine.tickPs : fromPs
    } else if (strikes.fired(sim)) this.log.kills(id)
    this.#setTimer(sim)
    return isTick
  }

  missed(sim: SimCpu): void {
    const { id } = sim.cpu
    const { tickPs } = this.#machine
    if (this.#strikes === undefined) {
      sim.timerPs = lastDuePs(sim.timerPs, sim.clock.nowPs, tickPs)
      return
    }
    this.#nextTickPs[id] = lastDuePs(this.#nextTickPs[id], sim.clock.nowPs, tickPs)
    this.#setTimer(sim)
  }

  answersTick(sim: SimCpu): boolean {
    if (sim.cpu.kernel.isTickless) return false
    const rests = (sim.hasEnded && sim.cpu.kernel.isIdle) || sim.cpu.kernel.isCpuIdle
    return !(rests && this.#strikes !== undefined && this.#of('no-tick') !== undefined)
  }

  #setTimer(sim: SimCpu): void {
    const { id } = sim.cpu
    sim.timerPs = Math.min(this.#nextTickPs[id], this.#strikes?.[id].nextPs ?? Infinity)
  }
}

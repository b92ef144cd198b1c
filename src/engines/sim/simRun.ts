import { AGAIN } from '../../contract/ticket.js'
import { ROLE_BYSTANDER, ROLE_INITIATOR, ROLE_INNOCENT } from '../../contract/tape.js'
import { COST_DELIVER_SIBLING, COST_SPIN } from '../../machine/costs.js'
import { COUNT_ACCESSES, COUNT_PASSED_OVER } from '../../machine/counters.js'
import { RESULT } from '../../pagetable/position.js'
import { RETRY, WAITING } from '../../pagetable/routine.js'
import { Stuck } from '../stuck.js'
import { ENDED, OUT_OF_TURN, PAUSED, WALKED } from '../interpreter.js'
import type { SimMachine } from './simMachine.js'
import { Schedule } from './schedule.js'
import type { SimCpu } from './simCpu.js'

/**
 * The event loop. The CPU with the earliest time takes a turn: interrupt or tick if one is due, then
 * one step; while nothing shared is touched it may run ahead of the others by the shortest delivery
 * time of an interrupt, because nothing that another CPU does now can reach it earlier.
 */

/** Turns without any CPU's tape or kernel getting further: far beyond every legal wait. */
const STUCK_TURNS = 20_000_000

/** The space that all CPUs run unless their tapes say otherwise. */
const FIRST_SPACE = 1

/** One pass of an innocent that only hit the TLB and met nothing changes nothing, so the next is its copy. */
interface PassRecord {
  startedPs: number
  tlbVersion: number
  kernelSteps: number
  accesses: number
  passedOver: number
  /** Count of kernel steps for which the CPU is known to repeat itself; -1: it is not. */
  steadyAt: number
}

export class SimRun {
  readonly #machine: SimMachine
  readonly #schedule: Schedule
  /** When each CPU can do something that others notice; valid while `#influenceAt` is the count of kernel steps. */
  readonly #influence: Schedule
  #influenceAt = -1
  readonly #cpus: readonly SimCpu[]
  readonly #lookaheadPs: number
  readonly #passes: PassRecord[]
  /** Whether repeated passes are taken over instead of run; off in the test that compares both. */
  readonly #mayRepeatPasses: boolean
  #kernelSteps = 0
  #openTapes = 0
  #idleTurns = 0
  #untilPs = Infinity
  #isBody = false
  /** The loop ends when every kernel is idle. */
  #drainKernels = false
  /** When the last tape ended. */
  #endPs = 0

  constructor(machine: SimMachine, mayRepeatPasses: boolean) {
    this.#machine = machine
    this.#cpus = machine.cpus
    this.#mayRepeatPasses = mayRepeatPasses
    this.#schedule = new Schedule(machine.cpus.length)
    this.#influence = new Schedule(machine.cpus.length)
    this.#lookaheadPs = Math.min(...[0, 1, 2].map((distance) => machine.costs[COST_DELIVER_SIBLING + distance]))
    this.#passes = machine.cpus.map(() => ({ startedPs: 0, tlbVersion: -1, kernelSteps: -1, accesses: 0, passedOver: 0, steadyAt: -1 }))
    machine.onChange = (cpu) => this.#reschedule(cpu)
  }

  #reschedule(cpu: number): void {
    this.#schedule.set(cpu, this.#cpus[cpu].nextActionPs())
    if (this.#influenceAt === this.#kernelSteps) this.#influence.set(cpu, this.#influencePs(cpu))
  }

  /**
   * A steady CPU repeats a pass that only hits its own TLB: until its next tick or interrupt, or until
   * somebody enters the kernel, it can do nothing that another CPU would notice.
   */
  #isSteady(cpu: number): boolean {
    return this.#passes[cpu].steadyAt === this.#kernelSteps
  }

  #influencePs(cpu: number): number {
    const sim = this.#cpus[cpu]
    if (!this.#isSteady(cpu)) return this.#schedule.timeOf(cpu)
    return Math.min(sim.arrivalPs, sim.nextTickPs, sim.tickAskedPs)
  }

  /** Until when a CPU may run ahead as long as it only hits: nothing that is still to come can reach it earlier. */
  #horizon(sim: SimCpu): number {
    const { id } = sim.cpu
    const own = Math.min(sim.arrivalPs, sim.nextTickPs, this.#untilPs)
    if (!this.#isSteady(id)) return Math.min(own, this.#schedule.earliestOther(id) + this.#lookaheadPs)
    if (this.#influenceAt !== this.#kernelSteps) {
      this.#influenceAt = this.#kernelSteps
      for (let cpu = 0; cpu < this.#cpus.length; cpu++) this.#influence.set(cpu, this.#influencePs(cpu))
    }
    return Math.min(own, this.#influence.earliestOther(id) + this.#lookaheadPs)
  }

  /** All clocks to the latest one: a common start. */
  align(): number {
    const now = Math.max(...this.#cpus.map((sim) => sim.clock.nowPs))
    for (const sim of this.#cpus) sim.clock.nowPs = now
    return now
  }

  /** Setup sections of all tapes, to their end. */
  setUp(): void {
    for (const sim of this.#cpus) sim.cpu.kernel.switchTo(FIRST_SPACE)
    this.#begin(false, () => true)
    this.#openTapes = this.#cpus.length
    this.#loop()
    this.finishKernels()
    this.align()
  }

  /** Innocents alone, for a time. */
  runInnocents(forPs: number): void {
    const until = this.align() + forPs
    this.#begin(true, (role) => role === ROLE_INNOCENT)
    this.#openTapes = 1
    this.#untilPs = until
    this.#loop()
    this.#untilPs = Infinity
  }

  /** One pass of every initiator's body; innocents run until the last initiator has ended. @returns elapsed picoseconds */
  runPass(): number {
    const start = this.align()
    this.#begin(true, (role) => role !== ROLE_BYSTANDER)
    this.#openTapes = this.#machine.tapes.tapes.filter((tape) => tape.role === ROLE_INITIATOR).length
    return this.#loop() - start
  }

  #begin(isBody: boolean, takesPart: (role: number) => boolean): void {
    for (const sim of this.#cpus) {
      const { cpu } = sim
      sim.hasEnded = !takesPart(this.#machine.tapes.tapes[cpu.id].role)
      sim.busyUntilPs = 0
      sim.isComputing = false
      cpu.tape.rewind(isBody)
      this.#passes[cpu.id].tlbVersion = -1
      this.#passes[cpu.id].steadyAt = -1
      this.#passes[cpu.id].startedPs = sim.clock.nowPs
      this.#reschedule(cpu.id)
    }
    this.#isBody = isBody
  }

  /** Everybody stops where it is; what is begun in the kernel is finished. */
  finishKernels(): void {
    for (const sim of this.#cpus) sim.hasEnded = true
    for (const sim of this.#cpus) this.#reschedule(sim.cpu.id)
    this.#openTapes = 1
    this.#drainKernels = true
    this.#loop()
    this.#drainKernels = false
  }

  /** Every CPU takes one tick. */
  tickAll(): void {
    for (const sim of this.#cpus) this.#tick(sim)
  }

  /** Demands what each CPU holds; what the strategy would not settle, by CPU. */
  drain(): number[] {
    return this.#cpus.map((sim) => {
      sim.cpu.kernel.drain()
      this.#reschedule(sim.cpu.id)
      this.finishKernels()
      return sim.cpu.p[RESULT]
    })
  }

  /** @returns the time at which the last open tape ended */
  #loop(): number {
    this.#idleTurns = 0
    this.#endPs = 0
    while (this.#openTapes > 0) {
      const next = this.#schedule.next
      const time = this.#schedule.timeOf(next)
      if (this.#drainKernels && this.#cpus.every((sim) => sim.cpu.kernel.isIdle && !sim.isInHandler)) return time
      if (time >= this.#untilPs) return this.#untilPs
      if (time === Infinity) throw this.#stuck('no CPU can go on')
      if (++this.#idleTurns > STUCK_TURNS) throw this.#stuck(`nothing got further for ${STUCK_TURNS} turns`)
      const sim = this.#cpus[next]
      if (sim.clock.nowPs < time) sim.clock.nowPs = time
      this.#turn(sim)
      this.#machine.noteTicket(sim)
      this.#reschedule(next)
    }
    return this.#endPs
  }

  #stuck(reason: string): Stuck {
    return new Stuck(reason, this.#cpus.map((sim) => sim.describe()))
  }

  #turn(sim: SimCpu): void {
    const { cpu, clock } = sim
    cpu.steps++
    const head = cpu.watch.journalHead
    if (sim.isInHandler || sim.arrivalPs <= clock.nowPs) {
      this.#unsettle(cpu.id)
      sim.handle()
      return
    }
    if (sim.nextTickPs <= clock.nowPs) {
      this.#unsettle(cpu.id)
      sim.nextTickPs += this.#machine.tickPs
      cpu.strategy.ticked?.(cpu.port)
      return
    }
    if (sim.tickAskedPs <= clock.nowPs) {
      this.#tick(sim)
      return
    }
    if (sim.isWaiting) {
      if (sim.ticketReadyPs() > clock.nowPs) return
      this.#machine.chargeTicket(sim)
      cpu.kernel.resume()
      if (cpu.kernel.ticket === AGAIN) clock.charge(COST_SPIN, 1)
      this.#idleTurns = 0
      return
    }
    if (sim.hasEnded && cpu.kernel.isIdle) return
    if (sim.busyUntilPs > clock.nowPs) return
    sim.busyUntilPs = 0
    sim.isComputing = false
    if (head > 0) cpu.watch.poll(head)
    this.#step(sim)
  }

  /** One step in turn, then as many more as touch nothing shared and fit before the horizon. */
  #step(sim: SimCpu): void {
    const { cpu, clock } = sim
    let horizon = this.#horizon(sim)
    cpu.tape.mayMiss = true
    for (;;) {
      if (!cpu.kernel.isIdle) this.#kernelSteps++
      const outcome = cpu.tape.step(this.#machine.budget(horizon - clock.nowPs), this.#machine.sectionEnd(cpu.id, this.#isBody))
      switch (outcome) {
        case ENDED:
          this.#endSection(sim)
          horizon = this.#horizon(sim)
          break
        case RETRY:
          clock.charge(COST_SPIN, 1)
          return
        case WAITING:
        case OUT_OF_TURN:
          return
        case PAUSED:
          sim.busyUntilPs = cpu.tape.waitUntilNs * 1000
          this.#idleTurns = 0
          return
        default:
          this.#idleTurns = 0
      }
      if (outcome === WALKED || sim.hasEnded) return
      if (cpu.tape.computeLeftNs > 0) {
        sim.busyUntilPs = clock.nowPs + cpu.tape.computeLeftNs * 1000
        sim.isComputing = true
        cpu.tape.computeLeftNs = 0
        return
      }
      if (clock.nowPs >= horizon || !cpu.tape.isNextLocal) return
      cpu.tape.mayMiss = false
    }
  }

  #endSection(sim: SimCpu): void {
    const { cpu } = sim
    if (this.#isBody && cpu.tape.isInnocent) {
      this.#machine.notePass(cpu.id, 1)
      this.#judgePass(sim)
      cpu.tape.rewind(true)
      return
    }
    sim.hasEnded = true
    this.#openTapes--
    this.#endPs = Math.max(this.#endPs, sim.clock.nowPs)
    this.#idleTurns = 0
  }

  /**
   * If the pass that has just ended missed nothing, entered no kernel, and nobody's kernel changed
   * anything meanwhile, every further pass until the horizon is its copy: same hits, same time.
   */
  #judgePass(sim: SimCpu): void {
    const { cpu, clock } = sim
    const pass = this.#passes[cpu.id]
    const tookPs = clock.nowPs - pass.startedPs
    const accesses = cpu.counters[COUNT_ACCESSES] - pass.accesses
    const passedOver = cpu.counters[COUNT_PASSED_OVER] - pass.passedOver
    const isCopy = pass.tlbVersion === cpu.tlb.version && pass.kernelSteps === this.#kernelSteps && tookPs > 0
    pass.steadyAt = isCopy ? this.#kernelSteps : -1
    if (isCopy && this.#mayRepeatPasses) {
      const times = Math.max(0, Math.floor((this.#horizon(sim) - clock.nowPs) / tookPs))
      clock.nowPs += times * tookPs
      cpu.counters[COUNT_ACCESSES] += times * accesses
      cpu.counters[COUNT_PASSED_OVER] += times * passedOver
      this.#machine.notePass(cpu.id, times)
    }
    pass.startedPs = clock.nowPs
    pass.tlbVersion = cpu.tlb.version
    pass.kernelSteps = this.#kernelSteps
    pass.accesses = cpu.counters[COUNT_ACCESSES]
    pass.passedOver = cpu.counters[COUNT_PASSED_OVER]
  }

  /** A handler or a tick has run: what the CPU will do next is open again. */
  #unsettle(cpu: number): void {
    this.#passes[cpu].steadyAt = -1
    this.#passes[cpu].tlbVersion = -1
  }

  #tick(sim: SimCpu): void {
    this.#unsettle(sim.cpu.id)
    sim.cpu.strategy.ticked?.(sim.cpu.port)
    this.#machine.noteTick(sim)
    this.#idleTurns = 0
  }
}


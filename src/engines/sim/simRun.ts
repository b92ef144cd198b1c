import { AGAIN, TICKET_AT } from '../../contract/ticket.js'
import { ROLE_BYSTANDER, ROLE_INITIATOR, ROLE_INNOCENT } from '../../contract/tape.js'
import { COST_SPIN } from '../../machine/costs.js'
import { RESULT } from '../../pagetable/position.js'
import { RETRY, WAITING } from '../../pagetable/routine.js'
import type { Cpu } from '../cpu.js'
import { Stuck } from '../stuck.js'
import { deadEnd, describeWait } from '../deadEnd.js'
import { CROSSED, ENDED, OUT_OF_TURN, PAUSED, WALKED } from '../interpreter.js'
import type { SimMachine } from './simMachine.js'
import { Lookahead } from './lookahead.js'
import { Schedule } from './schedule.js'
import { SimPatience } from './simPatience.js'
import type { SimCpu } from './simCpu.js'

/**
 * The event loop. The CPU with the earliest time takes a turn: interrupt or tick if one is due, then
 * one step; while nothing shared is touched it may run ahead of the others by the shortest delivery
 * time of an interrupt, because nothing that another CPU does now can reach it earlier.
 */

/** Often enough that the oracle's journal cannot lap a CPU that rests. */
const TURNS_PER_REST_CHECK = 256

/** The space that all CPUs run unless their tapes say otherwise. */
const FIRST_SPACE = 1

export class SimRun {
  readonly #machine: SimMachine
  readonly #schedule: Schedule
  readonly #lookahead: Lookahead
  readonly #cpus: readonly SimCpu[]
  /** Whether repeated passes are taken over instead of run; off in the test that compares both. */
  readonly #mayRepeatPasses: boolean
  #openTapes = 0
  readonly #patience: SimPatience
  #untilPs = Infinity
  #isBody = false
  #turns = 0
  /** The loop ends when every kernel is idle. */
  #drainKernels = false
  /** When the last tape ended. */
  #endPs = 0

  constructor(machine: SimMachine, mayRepeatPasses: boolean) {
    this.#machine = machine
    this.#cpus = machine.cpus
    this.#mayRepeatPasses = mayRepeatPasses
    this.#schedule = new Schedule(machine.cpus.length)
    this.#lookahead = new Lookahead(machine.cpus, this.#schedule, machine.aheadPs, machine.interconnect)
    this.#patience = new SimPatience(machine.cpus.length, machine.patiencePs)
    machine.onChange = (cpu) => this.#reschedule(cpu)
    machine.onDelivery = () => void this.#lookahead.kernelSteps++
  }

  #reschedule(cpu: number): void {
    this.#schedule.set(cpu, this.#cpus[cpu].nextActionPs())
    this.#lookahead.rescheduled(cpu)
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
      this.#lookahead.restart(sim)
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
    this.#patience.gotFurther()
    this.#endPs = 0
    while (this.#openTapes > 0) {
      const next = this.#schedule.next
      const time = Math.min(this.#schedule.timeOf(next), this.#machine.broadcastPs)
      if (this.#drainKernels && this.#cpus.every((sim) => sim.cpu.kernel.isIdle && !sim.isInHandler))
        return time
      // In this order: without a limit in time, Infinity would pass for the end of the run.
      if (time === Infinity) throw this.stuck('no CPU can go on')
      if (time >= this.#untilPs) return this.#untilPs
      if (this.#machine.deliversBy(time)) continue
      if (this.#patience.isLookDue()) this.#judgeIdle(time)
      const sim = this.#cpus[next]
      if (sim.clock.nowPs < time) sim.clock.nowPs = time
      this.#machine.tlbs.turn(sim, time)
      const wasWaiting = sim.isWaiting
      this.#turn(sim)
      if (wasWaiting || sim.isWaiting) this.#machine.noteTicket(sim)
      if (++this.#turns % TURNS_PER_REST_CHECK === 0) for (const each of this.#cpus) each.pollAtRest()
      this.#reschedule(next)
    }
    return this.#endPs
  }

  /** A pause on an initiator's tape may be long, and innocents that never repeat themselves take many turns in it. */
  #judgeIdle(nowPs: number): void {
    const isPausing = this.#cpus.some(
      (sim) => !sim.hasEnded && !sim.cpu.tape.isInnocent && sim.busyUntilPs > 0 && sim.clock.nowPs < Infinity,
    )
    if (isPausing) this.#patience.gotFurther()
    else if (this.#patience.isOver(nowPs))
      throw this.stuck(`nothing got further for ${this.#patience.turns} turns`)
  }

  stuck(reason: string): Stuck {
    const view = this.#machine.waitView
    return new Stuck(
      `${reason}\n${deadEnd(view)}`,
      this.#cpus.map((sim) => sim.describe(describeWait(view, sim.cpu.id))),
    )
  }

  #turn(sim: SimCpu): void {
    const { cpu, clock } = sim
    cpu.steps++
    if (cpu.watch.hasPending) cpu.watch.judgeDeadlines(clock.nowPs / 1000)
    if (cpu.kernel.isPreempted) {
      this.#reenter(sim)
      return
    }
    if (cpu.kernel.isUninterruptible) {
      this.#step(sim)
      return
    }
    const head = cpu.watch.journalHead
    if (sim.isInHandler || sim.arrivalPs <= clock.nowPs) {
      this.#lookahead.unsettle(cpu.id)
      sim.handle()
      return
    }
    if (sim.pollPs <= clock.nowPs) {
      this.#lookahead.unsettle(cpu.id)
      this.#machine.polls?.look(sim)
      return
    }
    if (sim.timerPs <= clock.nowPs) {
      this.#lookahead.unsettle(cpu.id)
      if (this.#machine.timers.fired(sim)) sim.tick()
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
      // Time always comes: who looks, and waits for a time again, may do so for ever.
      else if (cpu.kernel.ticket !== TICKET_AT && this.#counts(cpu)) this.#patience.gotFurther()
      return
    }
    if (sim.hasEnded && cpu.kernel.isIdle) return
    if (sim.busyUntilPs > clock.nowPs) return
    // Before the look: an idle CPU flushes what was left to it first.
    sim.endRest()
    if (head > 0) cpu.watch.poll(head)
    this.#step(sim)
  }

  /** What has come for it meanwhile is taken next. Of several ticks that were due it takes one. */
  #reenter(sim: SimCpu): void {
    if (sim.busyUntilPs > sim.clock.nowPs) return
    this.#lookahead.unsettle(sim.cpu.id)
    sim.endRest()
    this.#machine.timers.missed(sim)
  }

  /** Whether what the CPU does is progress: an innocent goes on for as long as somebody else hangs, its own rounds included. */
  #counts(cpu: Cpu): boolean {
    return !this.#isBody || !cpu.tape.isInnocent
  }

  /** One step in turn, then as many more as touch nothing shared and fit before the horizon. */
  #step(sim: SimCpu): void {
    const { cpu, clock } = sim
    let horizon = Math.min(this.#lookahead.horizon(sim), this.#untilPs)
    cpu.tape.mayMiss = true
    for (;;) {
      if (!cpu.kernel.isIdle) this.#lookahead.kernelSteps++
      const outcome = cpu.tape.step(
        this.#machine.budget(horizon - clock.nowPs),
        this.#machine.sectionEnd(cpu.id, this.#isBody),
      )
      if (outcome === RETRY) {
        clock.charge(COST_SPIN, 1)
        return
      }
      if (outcome === WAITING || outcome === OUT_OF_TURN) return
      if (this.#counts(cpu)) this.#patience.gotFurther()
      if (outcome === PAUSED) {
        sim.busyUntilPs = cpu.tape.waitUntilNs * 1000
        return
      }
      if (outcome === ENDED) {
        this.#endSection(sim)
        horizon = Math.min(this.#lookahead.horizon(sim), this.#untilPs)
      }
      if (outcome === CROSSED) this.#lookahead.kernelSteps++
      if (outcome === WALKED || outcome === CROSSED || sim.hasEnded) return
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
      this.#machine.notePass(cpu.id, this.#lookahead.endPass(sim, this.#mayRepeatPasses, this.#untilPs))
      cpu.tape.rewind(true)
      return
    }
    sim.hasEnded = true
    this.#openTapes--
    this.#endPs = Math.max(this.#endPs, sim.clock.nowPs)
    this.#patience.gotFurther()
  }

  #tick(sim: SimCpu): void {
    this.#lookahead.unsettle(sim.cpu.id)
    sim.tick()
    this.#machine.noteTick(sim)
    this.#patience.gotFurther()
  }
}

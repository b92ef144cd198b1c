import { ROLE_BYSTANDER, ROLE_INITIATOR, ROLE_INNOCENT } from '../../contract/tape.js'
import { AGAIN, DONE } from '../../contract/ticket.js'
import { COUNT_INTERRUPTS_TAKEN } from '../../machine/counters.js'
import { RESULT } from '../../pagetable/position.js'
import { RETRY } from '../../pagetable/routine.js'
import type { Cpu } from '../cpu.js'
import type { CpuReport } from '../figures.js'
import { ENDED, PAUSED } from '../interpreter.js'
import { DRAIN_TICKS } from '../plan.js'
import { PHASE_ALONE, PHASE_DRAIN, PHASE_PASS, PHASE_SETUP, PHASE_WARMUP } from './protocol.js'
import { burst } from './burst.js'
import { meetAtTick } from './meetAtTick.js'
import type { Inbox } from './inbox.js'
import { Sleeper } from './sleeper.js'
import { clockNs } from './threadsPort.js'
import { canRing, isSatisfied } from './ticketWait.js'
import { wake } from './wake.js'
import { WorkerTicks } from './workerTicks.js'

/**
 * Turns between two looks at everything but the mailbox: the end of the phase, the clock, ticks that a
 * tape asks for. An atomic load costs as much as five hits, a reading of the clock as much as ten.
 */
const TURNS_PER_SURVEY = 16

/**
 * One CPU on a real thread: take interrupts, take the tick, then a step, for as long as the phase
 * lasts. A worker whose part is over stays and answers interrupts until every other worker is quiet
 * too, or somebody would wait for its acknowledgement for ever.
 */
export class WorkerLoop {
  readonly #cpu: Cpu
  readonly #words: Int32Array<SharedArrayBuffer>
  readonly #sleeper: Sleeper
  readonly #role: number
  readonly #ticks: WorkerTicks
  readonly #inbox: Inbox
  readonly #over: number
  #isInHandler = false
  #wokeForHandler = false
  #enteredForHandler = false
  // Times start as NaN where 0 would do: V8 gives a field the shape of its first value, and one that turns
  // from an integer into a double throws away all code that was compiled for the class.
  #pausedUntilNs = Number.NaN
  #isComputing = false
  /** A warm-up: pauses and computing are passed over. */
  #skipsPauses = false
  responderNs = Number.NaN
  /** When the body ended. */
  endNs = Number.NaN

  constructor(
    cpu: Cpu,
    words: Int32Array<SharedArrayBuffer>,
    sleeper: Sleeper,
    tickNs: number,
    inbox: Inbox,
  ) {
    this.#cpu = cpu
    this.#words = words
    this.#sleeper = sleeper
    this.#role = cpu.tapes.tapes[cpu.id].role
    this.#ticks = new WorkerTicks(cpu, words, inbox, tickNs)
    this.#inbox = inbox
    this.#over = cpu.cell.control.phaseOver
  }

  resetCounts(): void {
    this.#cpu.resetCounts()
    this.responderNs = 0
  }

  /** @param needed how many workers must end their part before the phase is over; 0: it is stopped from outside */
  run(phase: number, needed: number, monotonicNs: () => number): CpuReport {
    const { cell, tape, kernel } = this.#cpu
    const { phaseEnded, phaseQuiet } = cell.control
    const takesPart = this.#takesPart(phase)
    const isBody = phase === PHASE_PASS || phase === PHASE_WARMUP || phase === PHASE_ALONE
    this.#skipsPauses = phase === PHASE_WARMUP
    const { instructions, bodyAt } = this.#cpu.tapes.tapes[this.#cpu.id]
    const end = isBody ? instructions.length : bodyAt
    this.#ticks.begin()
    tape.rewind(isBody)
    wake(this.#cpu)
    if (phase === PHASE_SETUP) kernel.switchTo(1)
    let isRunning = takesPart
    this.endNs = 0
    if (phase === PHASE_PASS) this.#inbox.begin()
    while (Atomics.load(this.#words, this.#over) === 0) {
      this.#survey(isRunning)
      if (!isRunning) {
        this.#rest(() => Atomics.load(this.#words, this.#over) !== 0)
      } else if (phase === PHASE_DRAIN) {
        this.#drain(end)
        isRunning = this.#end(phaseEnded, needed, monotonicNs)
      } else if (this.#advance(end)) {
        if (isBody && this.#role === ROLE_INNOCENT) this.#nextPass()
        else isRunning = this.#end(phaseEnded, needed, monotonicNs)
      }
    }
    if (phase === PHASE_PASS) this.#inbox.end()
    const report = this.#cpu.report(this.responderNs)
    if (this.endNs === 0) this.endNs = monotonicNs()
    this.#finishKernel(end)
    Atomics.add(this.#words, phaseQuiet, 1)
    while (Atomics.load(this.#words, phaseQuiet) < cell.config.cpuCount) {
      this.#rest(() => Atomics.load(this.#words, phaseQuiet) >= cell.config.cpuCount)
    }
    return report
  }

  /** Nothing to do but to answer interrupts, and to look at what passes: this CPU could start a step at any time. */
  #rest(isOver: () => boolean): void {
    const { watch } = this.#cpu
    const head = watch.journalHead
    if (!this.#takeEvents()) return
    if (head > 0) watch.poll(head)
    if (this.#sleeper.isTired()) this.#sleeper.wait(isOver, true)
  }

  /** What the drain of this CPU could not settle. */
  get left(): number {
    return this.#cpu.p[RESULT]
  }

  #takesPart(phase: number): boolean {
    if (phase === PHASE_ALONE) return this.#role === ROLE_INNOCENT
    return (phase !== PHASE_PASS && phase !== PHASE_WARMUP) || this.#role !== ROLE_BYSTANDER
  }

  /** An innocent's body begins again. */
  #nextPass(): void {
    const { passes } = this.#cpu.cell.control
    Atomics.add(this.#words, passes.base + this.#cpu.id * passes.stride, 1)
    this.#cpu.tape.rewind(true)
  }

  /** This worker's part is over; the last of those that count ends the phase. */
  #end(phaseEnded: number, needed: number, monotonicNs: () => number): boolean {
    this.endNs = monotonicNs()
    const counts = this.#role === ROLE_INITIATOR || needed === this.#cpu.cell.config.cpuCount
    if (counts && Atomics.add(this.#words, phaseEnded, 1) + 1 === needed) {
      Atomics.store(this.#words, this.#over, 1)
      this.#sleeper.wakeAll()
    }
    return false
  }

  /** Steps until the next survey; true when the tape's section has ended. */
  #advance(end: number): boolean {
    for (let turn = 0; turn < TURNS_PER_SURVEY; turn++) {
      if (this.#takeEvents() && this.#step(end) === ENDED) return true
      // Time has passed: ticks may be due.
      if (this.#sleeper.hasSlept()) return false
    }
    return false
  }

  /** Sweeps in step with the others, then demands what this CPU still holds. */
  #drain(end: number): void {
    for (let tick = 0; tick < DRAIN_TICKS; tick++) {
      this.#ticks.take()
      meetAtTick(this.#words, this.#cpu, this.#sleeper, () => this.#takeEvents())
    }
    this.#cpu.kernel.drain()
    this.#finishKernel(end)
  }

  #finishKernel(end: number): void {
    this.#pausedUntilNs = 0
    if (this.#cpu.kernel.isPreempted) this.#cpu.kernel.reenter()
    while (!this.#cpu.kernel.isIdle) if (this.#takeEvents()) this.#step(end)
  }

  /** What needs no look at every turn. */
  #survey(isRunning: boolean): void {
    const cpu = this.#cpu
    const { heartbeats } = cpu.cell.control
    this.#words[heartbeats.base + cpu.id * heartbeats.stride] = cpu.steps
    if (cpu.kernel.isUninterruptible || cpu.kernel.isPreempted) return
    if (cpu.watch.hasPending) cpu.lookAtPending()
    if ((!isRunning || cpu.kernel.isCpuIdle) && !this.#inbox.ticksAtRest()) return
    this.#ticks.survey()
  }

  /** Interrupts; false while the CPU is held in its handler. */
  #takeEvents(): boolean {
    if (!this.#isInHandler && !this.#inbox.hasArrived()) return true
    // Asked for all the same: broadcasts are taken by hardware.
    const { kernel } = this.#cpu
    return kernel.isUninterruptible || kernel.isPreempted || this.#handle()
  }

  #handle(): boolean {
    const cpu = this.#cpu
    const start = clockNs()
    if (!this.#isInHandler) {
      cpu.watch.pollWalks()
      this.#wokeForHandler = cpu.kernel.isCpuIdle
      wake(this.#cpu)
      this.#enteredForHandler = cpu.kernel.enter()
      this.#inbox.take()
      this.#isInHandler = true
      cpu.counters[COUNT_INTERRUPTS_TAKEN]++
    }
    const isOver = cpu.strategy.interrupted(cpu.port) !== AGAIN
    this.#isInHandler = !isOver
    const tookNs = clockNs() - start
    this.responderNs += tookNs
    // Work in user mode goes on after the handler; a pause only waits for its time.
    if (this.#isComputing) this.#pausedUntilNs += tookNs
    if (isOver && this.#enteredForHandler) cpu.kernel.leave()
    if (isOver && this.#wokeForHandler) cpu.kernel.goIdle()
    return isOver
  }

  #step(end: number): number {
    const cpu = this.#cpu
    cpu.steps++
    if (cpu.kernel.isPreempted) {
      this.#stayAway()
      return RETRY
    }
    if (cpu.kernel.ticket !== DONE) {
      if (this.#isSatisfied()) cpu.kernel.resume()
      else if (this.#sleeper.isTired()) this.#sleeper.wait(() => this.#isSatisfied(), canRing(cpu))
      return RETRY
    }
    if (cpu.kernel.isUninterruptible) cpu.watch.pollWalks()
    const head = cpu.watch.journalHead
    if (head > 0 && !cpu.kernel.isUninterruptible) {
      // Interrupts that were sent before an event was noted have to be taken before the event is judged.
      if (this.#inbox.hasArrived()) return RETRY
      cpu.watch.poll(head)
    }
    if (this.#pausedUntilNs > 0) {
      const left = this.#skipsPauses ? 0 : this.#pausedUntilNs - clockNs()
      if (left > 0) {
        this.#sleeper.pause(left)
        return RETRY
      }
      this.#isComputing = false
      this.#pausedUntilNs = 0
    }
    if (cpu.kernel.isCpuIdle) {
      wake(this.#cpu)
      // What has passed meanwhile is judged before the first step.
      return RETRY
    }
    const outcome = burst(cpu.tape, cpu.counters, end)
    if (outcome === PAUSED) this.#pausedUntilNs = cpu.tape.waitUntilNs
    else if (outcome === RETRY) this.#sleeper.retry()
    else this.#sleeper.gotFurther()
    if (cpu.tape.computeLeftNs > 0) {
      this.#pausedUntilNs = clockNs() + cpu.tape.computeLeftNs
      this.#isComputing = true
      cpu.tape.computeLeftNs = 0
    }
    return outcome
  }

  /** Until the host gives the CPU back. It looks at what passes so that the journal cannot lap it, and could use nothing. */
  #stayAway(): void {
    const { kernel, watch } = this.#cpu
    const left = this.#skipsPauses ? 0 : this.#pausedUntilNs - clockNs()
    if (watch.journalHead > 0) watch.poll(watch.journalHead)
    if (left > 0) return this.#sleeper.pause(left)
    this.#pausedUntilNs = 0
    kernel.reenter()
  }

  #isSatisfied(): boolean {
    return isSatisfied(this.#cpu.kernel.ticket, this.#words, this.#cpu.port)
  }
}

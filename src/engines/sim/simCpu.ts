import { AGAIN, DONE, TICKET_AT, TICKET_KIND, TICKET_REACHED, TICKET_SHIFT } from '../../contract/ticket.js'
import { reachedSerial } from '../../contract/change.js'
import { COST_INTERRUPT_ENTRY, COST_INTERRUPT_EXIT, COST_SPIN } from '../../machine/costs.js'
import { COUNT_INTERRUPTS_TAKEN } from '../../machine/counters.js'
import { describeStack } from '../../pagetable/routine.js'
import type { JudgedCpu } from '../../oracle/claims.js'
import type { Cpu } from '../cpu.js'
import type { CpuReport } from '../figures.js'
import type { SimClock } from './simClock.js'

/** A CPU in virtual time: its clock, what is on its way to it, what it waits for. */
export class SimCpu {
  readonly cpu: Cpu
  readonly clock: SimClock
  readonly #words: Int32Array
  /** When the pending interrupt arrives; Infinity: none is pending. */
  arrivalPs = Infinity
  /** When the next broadcast gets here; Infinity: none is on its way. It is no event for what runs here. */
  purgePs = Infinity
  /** When the next of its TLB entries expires; Infinity: none does. */
  get expiryPs(): number {
    return this.cpu.lease === null ? Infinity : this.cpu.lease.nextNs * 1000
  }

  /** When the next tick, or whatever else comes by the clock, is due. */
  timerPs = Infinity
  /** Since when a tape asks for a tick; Infinity: none does. */
  tickAskedPs = Infinity
  /** Since when there is something to see for a CPU that polls; Infinity: nothing. */
  askedPs = Infinity
  /** How long user code goes on before it looks. */
  pollPeriodPs = 0
  /** Until when the tape pauses or computes; 0: it does neither. */
  busyUntilPs = 0
  isComputing = false
  /** The latest acknowledgement of the ticket that this CPU waits for. */
  acknowledgedPs = 0
  isInHandler = false
  #handlerSincePs = 0
  #wokeForHandler = false
  #enteredForHandler = false
  responderPs = 0
  /** The section of the tape is finished. */
  hasEnded = true

  constructor(cpu: Cpu, clock: SimClock, words: Int32Array) {
    this.cpu = cpu
    this.clock = clock
    this.#words = words
  }

  /** As claims of settlement see it. */
  get judged(): JudgedCpu {
    const { cpu } = this
    const isInKernelOnly = () => this.isInHandler || cpu.kernel.isCpuIdle
    return {
      id: cpu.id,
      get isInKernelOnly() {
        return isInKernelOnly()
      },
      holdsStale: (event) => cpu.holdsStale(event),
      steps: () => cpu.steps,
    }
  }

  get isWaiting(): boolean {
    return this.cpu.kernel.ticket !== DONE
  }

  /** It executes user code: whoever waits, rests, idles or is in the kernel has nothing better to do than to look. */
  get #isBusy(): boolean {
    const { kernel } = this.cpu
    if (this.hasEnded || !kernel.isIdle || kernel.isCpuIdle) return false
    return this.busyUntilPs === 0 || this.isComputing
  }

  /** When this CPU looks at what others have asked for; as if it had just looked in vain when it was asked. */
  get pollPs(): number {
    // Of most strategies nobody ever asks.
    return this.askedPs < Infinity && this.#isBusy ? this.askedPs + this.pollPeriodPs : this.askedPs
  }

  /** An event comes before the end of an idle CPU's time: it wakes first. A preempted one comes back first. */
  wake(): void {
    const { kernel } = this.cpu
    if (kernel.isPreempted) kernel.reenter()
    if (kernel.isCpuIdle) kernel.wake()
  }

  /** The time of a pause, of computing, of idleness or of a preemption is over. */
  endRest(): void {
    this.busyUntilPs = 0
    this.isComputing = false
    this.wake()
  }

  /** The event is over, and the time is not. */
  idleAgain(wasIdle: boolean): void {
    if (wasIdle && this.busyUntilPs > this.clock.nowPs) this.cpu.kernel.goIdle()
  }

  /** Takes a pending interrupt, or goes on in the handler that said AGAIN. */
  handle(): void {
    const { cpu, clock } = this
    if (!this.isInHandler) {
      this.#wokeForHandler = cpu.kernel.isCpuIdle
      this.wake()
      this.#handlerSincePs = clock.nowPs
      this.arrivalPs = Infinity
      this.isInHandler = true
      clock.charge(COST_INTERRUPT_ENTRY, 1)
      this.#enteredForHandler = cpu.kernel.enter()
      cpu.counters[COUNT_INTERRUPTS_TAKEN]++
    }
    if (cpu.strategy.interrupted(cpu.port) === AGAIN) {
      clock.charge(COST_SPIN, 1)
      return
    }
    if (this.#enteredForHandler) cpu.kernel.leave()
    clock.charge(COST_INTERRUPT_EXIT, 1)
    this.isInHandler = false
    const tookPs = clock.nowPs - this.#handlerSincePs
    this.responderPs += tookPs
    // Work in user mode goes on after the handler; a pause only waits for its time.
    if (this.isComputing) this.busyUntilPs += tookPs
    this.idleAgain(this.#wokeForHandler)
  }

  /** Work in user mode goes on after the tick, as it does after a handler. */
  tick(): void {
    const { cpu, clock } = this
    const before = clock.nowPs
    const wasIdle = cpu.kernel.isCpuIdle
    this.wake()
    const hasEntered = cpu.kernel.enter()
    cpu.strategy.ticked?.(cpu.port)
    if (hasEntered) cpu.kernel.leave()
    if (this.isComputing) this.busyUntilPs += clock.nowPs - before
    this.idleAgain(wasIdle)
  }

  /**
   * CPUs that have ended, pause or compute take no turns, but could start a step at any time: what has passed
   * concerns them too. Preempted ones could not; they look so that the journal cannot lap them.
   */
  pollAtRest(): void {
    const { cpu, clock } = this
    cpu.watch.judgeDeadlines(clock.nowPs / 1000)
    const isAway = this.hasEnded || this.busyUntilPs > 0
    const isResting = isAway && cpu.kernel.isIdle && !this.isInHandler && this.arrivalPs === Infinity
    if ((isResting || cpu.kernel.isPreempted) && cpu.watch.journalHead > 0)
      cpu.watch.poll(cpu.watch.journalHead)
  }

  /** When the ticket is satisfied: Infinity while it is not. */
  ticketReadyPs(): number {
    const ticket = this.cpu.kernel.ticket
    if (ticket === AGAIN) return this.clock.nowPs
    const word = ticket >> TICKET_SHIFT
    switch (ticket & TICKET_KIND) {
      case TICKET_AT:
        return this.cpu.port.ticketTimeNs * 1000
      case TICKET_REACHED:
        return reachedSerial(this.#words[word], this.cpu.port.ticketValue) ? this.acknowledgedPs : Infinity
      default:
        return this.#words[word] === 0 ? this.acknowledgedPs : Infinity
    }
  }

  /** When this CPU can act next if nothing else happens. */
  nextActionPs(): number {
    const now = this.clock.nowPs
    if (this.isInHandler) return now
    if (this.cpu.kernel.isPreempted) return Math.max(now, this.busyUntilPs)
    const event = this.cpu.kernel.isUninterruptible
      ? Infinity
      : Math.min(this.arrivalPs, this.timerPs, this.tickAskedPs, this.pollPs)
    let own = now
    if (this.isWaiting) own = this.ticketReadyPs()
    else if (this.hasEnded && this.cpu.kernel.isIdle) own = Infinity
    else if (this.busyUntilPs > 0) own = this.busyUntilPs
    return Math.max(now, Math.min(event, own))
  }

  resetCounts(): void {
    this.cpu.resetCounts()
    this.responderPs = 0
  }

  report(): CpuReport {
    return this.cpu.report(this.responderPs / 1000)
  }

  /** @param wait what its ticket, lock or tape stands for */
  describe(wait: string): string {
    const { cpu } = this
    const ticket = this.isWaiting ? ` waits for ticket ${cpu.kernel.ticket}` : ''
    const pending = this.arrivalPs < Infinity ? ', an interrupt is pending' : ''
    return `CPU ${cpu.id}: ${describeStack(cpu.p)}${ticket}${wait}${this.isInHandler ? ', in its handler' : ''}${pending}, ${cpu.tape.describe()}`
  }
}

import { drawBetween, isStruck, type Draw, type FaultPlan } from '../faultPlan.js'
import { type FaultSpans, spansOf } from '../faultSpans.js'
import type { FaultLog } from '../faultLog.js'
import type { FaultyThreadsPort } from './faultyThreadsPort.js'
import type { Inbox } from './inbox.js'
import { clockNs } from './threadsPort.js'

/**
 * The mailbox of a worker with faults before it: an interrupt is seen, and taken when it would have
 * arrived. All of it is this worker's own and drawn from its own stream; what it does with the draws
 * depends on when it looks, so two runs of one seed are struck alike, not at the same instructions.
 */
export class FaultyInbox implements Inbox {
  readonly #plan: FaultPlan
  readonly #cpu: number
  readonly #draw: Draw
  readonly #log: FaultLog
  readonly #port: FaultyThreadsPort
  readonly #words: Int32Array<SharedArrayBuffer>
  readonly #mailbox: number
  /** Nobody writes it and nobody rings it: what a stalled worker sleeps on. */
  readonly #silence = new Int32Array(new SharedArrayBuffer(4))
  #isOn = false
  #off: FaultSpans | null = null
  #stalls: FaultSpans | null = null
  #killNs = Infinity
  #stallNs = Infinity
  #stallEndNs = Infinity
  /** When the interrupt in the mailbox arrives; NaN: none has been seen. */
  #arrivalNs = Number.NaN
  /** When the last one arrives a second time. */
  #repeatNs = Infinity

  constructor(
    plan: FaultPlan,
    cpu: number,
    draw: Draw,
    log: FaultLog,
    port: FaultyThreadsPort,
    words: Int32Array<SharedArrayBuffer>,
    mailbox: number,
  ) {
    this.#plan = plan
    this.#cpu = cpu
    this.#draw = draw
    this.#log = log
    this.#port = port
    this.#words = words
    this.#mailbox = mailbox
  }

  begin(): void {
    const now = clockNs()
    const kill = this.#plan.faults['kill-worker']
    this.#off = spansOf(this.#plan, 'interrupts-off', this.#cpu, this.#draw, now, 1)
    this.#stalls = spansOf(this.#plan, 'stall-cpu', this.#cpu, this.#draw, now, 1)
    this.#killNs = kill?.['cpu'] === this.#cpu ? now + kill['afterUs'] * 1000 : Infinity
    this.#planStall(now)
    this.#isOn = true
    this.#port.begin()
  }

  end(): void {
    this.#isOn = false
    this.#arrivalNs = Number.NaN
    this.#repeatNs = Infinity
    this.#port.end()
  }

  hasArrived(): boolean {
    if (!this.#isOn) return Atomics.load(this.#words, this.#mailbox) !== 0
    let now = clockNs()
    if (now >= this.#killNs) this.#die()
    if (now >= this.#stallNs) now = this.#stall()
    this.#port.release(now)
    if (this.#off !== null && this.#off.until(now) > now) return false
    if (now >= this.#repeatNs) return true
    if (Atomics.load(this.#words, this.#mailbox) === 0) return false
    if (Number.isNaN(this.#arrivalNs)) this.#arrivalNs = now + this.#delayNs()
    return now >= this.#arrivalNs
  }

  take(): void {
    if (this.#isOn && clockNs() >= this.#repeatNs) {
      // For nothing: what is in the mailbox has yet to arrive.
      this.#repeatNs = Infinity
      return
    }
    this.#arrivalNs = Number.NaN
    Atomics.store(this.#words, this.#mailbox, 0)
    const again = this.#plan.faults['duplicate-interrupt']
    if (!this.#isOn || again === undefined || !isStruck(this.#draw, again['percent'])) return
    this.#repeatNs = clockNs() + drawBetween(this.#draw, 0, again['withinNs'])
  }

  mayTick(): boolean {
    if (this.#off === null || !this.#isOn) return true
    const now = clockNs()
    return this.#off.until(now) === now
  }

  ticksAtRest(): boolean {
    return !this.#isOn || this.#plan.faults['no-tick'] === undefined
  }

  #delayNs(): number {
    const delay = this.#plan.faults['delay-interrupt']
    if (delay === undefined || !isStruck(this.#draw, delay['percent'])) return 0
    return drawBetween(this.#draw, delay['minNs'], delay['maxNs'])
  }

  /** Between two steps, so that no list is left locked. */
  #die(): never {
    this.#log.kills(this.#cpu)
    // In a worker this ends the thread, wherever it is.
    return process.exit()
  }

  /** @returns the time at its end */
  #stall(): number {
    const now = clockNs()
    const leftMs = (this.#stallEndNs - now) / 1e6
    if (leftMs > 0) Atomics.wait(this.#silence, 0, 0, leftMs)
    const end = clockNs()
    this.#planStall(end)
    return end
  }

  #planStall(now: number): void {
    const next = this.#stalls?.next(now)
    this.#stallNs = next?.from ?? Infinity
    this.#stallEndNs = next?.to ?? Infinity
  }
}

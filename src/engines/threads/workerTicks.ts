import type { Cpu } from '../cpu.js'
import type { Inbox } from './inbox.js'
import { clockNs } from './threadsPort.js'
import { wake } from './wake.js'

/** The ticks of one worker: one every so often, and those that a tape asks every CPU for. */
export class WorkerTicks {
  readonly #cpu: Cpu
  readonly #words: Int32Array<SharedArrayBuffer>
  readonly #inbox: Inbox
  /** Infinity: the strategy does nothing at ticks. */
  readonly #tickNs: number
  #nextNs = Infinity

  constructor(cpu: Cpu, words: Int32Array<SharedArrayBuffer>, inbox: Inbox, tickNs: number) {
    this.#cpu = cpu
    this.#words = words
    this.#inbox = inbox
    this.#tickNs = cpu.strategy.ticked === undefined ? Infinity : tickNs
  }

  /** A phase begins. */
  begin(): void {
    if (this.#tickNs < Infinity) this.#nextNs = clockNs() + this.#tickNs
  }

  /** Takes what is due. */
  survey(): void {
    const { id, kernel, cell } = this.#cpu
    const { tickRequest, ticksTaken } = cell.control
    if (this.#tickNs < Infinity) this.#takeDue()
    const taken = ticksTaken.base + id * ticksTaken.stride
    if (Atomics.load(this.#words, tickRequest) > Atomics.load(this.#words, taken)) {
      if (!kernel.isTickless) this.take()
      Atomics.add(this.#words, taken, 1)
    }
  }

  #takeDue(): void {
    const now = clockNs()
    if (now < this.#nextNs || !this.#inbox.mayTick()) return
    this.#nextNs = now + this.#tickNs
    if (!this.#cpu.kernel.isTickless) this.take()
  }

  take(): void {
    const { kernel, strategy, port } = this.#cpu
    const wasIdle = kernel.isCpuIdle
    wake(this.#cpu)
    const hasEntered = kernel.enter()
    strategy.ticked?.(port)
    if (hasEntered) kernel.leave()
    if (wasIdle) kernel.goIdle()
  }
}

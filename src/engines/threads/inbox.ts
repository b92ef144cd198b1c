/**
 * What reaches a worker from outside. Chosen once when the worker is made: the mailbox alone, or the
 * mailbox with faults before it. One class of the two is ever loaded at the call sites of a worker.
 */
export interface Inbox {
  /** Asked before every step: has an interrupt arrived that is not taken yet? */
  hasArrived(): boolean
  /** The handler begins. */
  take(): void
  /** A tick is due: does the CPU take it now? */
  mayTick(): boolean
  /** Whether a CPU ticks that runs no tape, or none any more. */
  ticksAtRest(): boolean
  /** A measured pass begins and ends. */
  begin(): void
  end(): void
}

export class Mailbox implements Inbox {
  readonly #words: Int32Array<SharedArrayBuffer>
  readonly #mailbox: number

  constructor(words: Int32Array<SharedArrayBuffer>, mailbox: number) {
    this.#words = words
    this.#mailbox = mailbox
  }

  hasArrived(): boolean {
    return Atomics.load(this.#words, this.#mailbox) !== 0
  }

  take(): void {
    Atomics.store(this.#words, this.#mailbox, 0)
  }

  mayTick(): boolean {
    return true
  }

  ticksAtRest(): boolean {
    return true
  }

  begin(): void {}

  end(): void {}
}

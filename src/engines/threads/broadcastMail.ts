import { GLOBAL_TAG, WHOLE_TAG } from '../../contract/hardware.js'
import {
  SENT_AT,
  SENT_COUNT,
  SENT_FIRST,
  SENT_PAGES,
  SENT_SLOTS,
  SENT_STRIDE,
  SENT_TAG,
  SENT_WORDS,
  type BroadcastWords,
} from '../broadcastWords.js'
import { BROADCAST, ring, type Bells, type Doorbell } from './doorbell.js'

/** Who drops what was broadcast; what was lost is everything under GLOBAL_TAG. */
export interface BroadcastTaker {
  dropBroadcast(tag: number, firstPage: number, pageCount: number, stridePages: number): void
}

/**
 * Broadcasts between workers, by hand: hardware would drop the translations of another CPU, here each
 * worker drops its own when it looks into its mailbox, before its next step. So the time until a sync is
 * satisfied is that of workers which look, as with interrupts, and not that of hardware.
 *
 * Each sender has a ring of its last broadcasts that nobody has to empty. A worker that was lapped, which
 * it sees by the count before and after it read, drops everything.
 */
export class BroadcastMail {
  readonly #id: number
  readonly #placed: BroadcastWords
  readonly #words: Int32Array<SharedArrayBuffer>
  readonly #bells: Bells
  readonly #doorbells: readonly Doorbell[]
  /** Per sender how many of its broadcasts this worker has taken. */
  readonly #taken: Int32Array

  constructor(
    id: number,
    placed: BroadcastWords,
    words: Int32Array<SharedArrayBuffer>,
    bells: Bells,
    doorbells: readonly Doorbell[],
  ) {
    this.#id = id
    this.#placed = placed
    this.#words = words
    this.#bells = bells
    this.#doorbells = doorbells
    this.#taken = new Int32Array(doorbells.length)
  }

  #sentOf(sender: number): number {
    return this.#placed.sent.base + sender * this.#placed.sent.stride
  }

  #undeliveredOf(sender: number): number {
    return this.#placed.undelivered.base + sender * this.#placed.undelivered.stride
  }

  #slotOf(sender: number, number: number): number {
    return this.#sentOf(sender) + SENT_AT + ((number >>> 0) % SENT_SLOTS) * SENT_WORDS
  }

  /** The broadcast is complete, and counted as outstanding, before anybody can take it. */
  send(tag: number, firstPage: number, pageCount: number, stridePages: number): void {
    const words = this.#words
    const count = this.#sentOf(this.#id) + SENT_COUNT
    const at = this.#slotOf(this.#id, Atomics.load(words, count))
    Atomics.store(words, at + SENT_TAG, tag)
    Atomics.store(words, at + SENT_FIRST, firstPage)
    Atomics.store(words, at + SENT_PAGES, pageCount)
    Atomics.store(words, at + SENT_STRIDE, stridePages)
    Atomics.add(words, this.#undeliveredOf(this.#id), this.#doorbells.length)
    Atomics.add(words, count, 1)
    for (const doorbell of this.#doorbells)
      if (Atomics.or(words, doorbell.mailbox, BROADCAST) === 0) ring(this.#bells, doorbell)
  }

  /** Deliveries of this worker's broadcasts that are outstanding. */
  get undelivered(): number {
    return Atomics.load(this.#words, this.#undeliveredOf(this.#id))
  }

  /** Drops what has been broadcast since the last time, and tells each sender; the last to do so rings. */
  take(port: BroadcastTaker): void {
    for (let sender = 0; sender < this.#doorbells.length; sender++) {
      const sent = Atomics.load(this.#words, this.#sentOf(sender) + SENT_COUNT)
      const taken = this.#taken[sender]
      if (sent === taken) continue
      this.#drop(port, sender, taken, sent)
      this.#taken[sender] = sent
      const count = (sent - taken) | 0
      if (Atomics.sub(this.#words, this.#undeliveredOf(sender), count) === count)
        ring(this.#bells, this.#doorbells[sender])
    }
  }

  #drop(port: BroadcastTaker, sender: number, taken: number, sent: number): void {
    const words = this.#words
    if (this.#isIntact(sender, taken)) {
      for (let number = taken; number !== sent; number = (number + 1) | 0) {
        const at = this.#slotOf(sender, number)
        port.dropBroadcast(
          Atomics.load(words, at + SENT_TAG),
          Atomics.load(words, at + SENT_FIRST),
          Atomics.load(words, at + SENT_PAGES),
          Atomics.load(words, at + SENT_STRIDE),
        )
      }
      if (this.#isIntact(sender, taken)) return
    }
    port.dropBroadcast(GLOBAL_TAG, 0, WHOLE_TAG, 1)
  }

  /** The sender may be writing the one behind those that it has counted, over the oldest slot. */
  #isIntact(sender: number, taken: number): boolean {
    return ((Atomics.load(this.#words, this.#sentOf(sender) + SENT_COUNT) - taken) | 0) < SENT_SLOTS
  }
}

import { WHOLE_TAG } from '../../contract/hardware.js'
import { COUNT_COHERENCE_MESSAGES } from '../../machine/counters.js'
import type { BasePort } from '../basePort.js'
import type { BroadcastWords } from '../broadcastWords.js'
import { BroadcastMail } from './broadcastMail.js'
import type { Bells, Doorbell } from './doorbell.js'

/** Looks before a worker that waits for the others gives its core away: they may need it. */
const SPINS = 2_000
const SLEEP_MS = 0.05

/**
 * Hardware that drops another CPU's translations at once, by hand: the sender waits until every worker has
 * looked into its mailbox. It takes what the others send meanwhile, or two that send would wait for each
 * other; nothing else of it goes on, as an instruction of the hardware would not.
 */
export class DropMail {
  readonly #mail: BroadcastMail
  readonly #resting: Int32Array<SharedArrayBuffer> = new Int32Array(new SharedArrayBuffer(4))

  constructor(
    id: number,
    placed: BroadcastWords,
    words: Int32Array<SharedArrayBuffer>,
    bells: Bells,
    doorbells: readonly Doorbell[],
  ) {
    this.#mail = new BroadcastMail(id, placed, words, bells, doorbells)
  }

  send(
    space: number,
    firstPage: number,
    pageCount: number,
    isWhole: boolean,
    port: BasePort,
    counters: Float64Array,
  ): void {
    this.#mail.send(space, firstPage, pageCount, isWhole ? 1 : 0)
    for (let looks = 0; this.#mail.undelivered !== 0; looks++) {
      this.take(port, counters)
      if (looks >= SPINS) Atomics.wait(this.#resting, 0, 0, SLEEP_MS)
    }
  }

  /** What the others, and this worker itself, have sent since the last time. A page that was here is a message. */
  take(port: BasePort, counters: Float64Array): void {
    this.#mail.take({
      dropBroadcast: (space, firstPage, pageCount, whole) => {
        if (pageCount === WHOLE_TAG) port.dropAllHere()
        else counters[COUNT_COHERENCE_MESSAGES] += port.dropHere(space, firstPage, pageCount, whole !== 0)
      },
    })
  }
}

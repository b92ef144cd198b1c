import type { CellWords } from '../cellWords.js'
import { doorbellsOf, SharedBells, sleepUntilRung, type Bells, type Doorbell } from './doorbell.js'

/**
 * Looks before a waiting worker goes to sleep, some 0.3 ms. Being woken costs 50 to 100 us, so a wait
 * that sleeps earlier measures the futex and not the shootdown.
 */
const SPINS = 20_000
/** With more workers than cores whoever could answer may need this core. */
const SPINS_OVERSUBSCRIBED = 20
/** Sleep where nobody rings: a lock, a tape that waits for another, a word of a strategy's own. */
const BLIND_SLEEP_MS = 0.05
/** Longest sleep where somebody rings; only ticks need the worker earlier. */
const SLEEP_MS = 1

/** How a worker waits: it looks for a while, then it sleeps (doorbell.ts). */
export class Sleeper {
  readonly #bells: Bells
  readonly #spins: number
  readonly #isOversubscribed: boolean
  readonly #doorbells: readonly Doorbell[]
  readonly #own: Doorbell
  #looks = 0
  #longestMs = SLEEP_MS
  #slept = false

  constructor(words: Int32Array<SharedArrayBuffer>, cell: CellWords, id: number, isOversubscribed: boolean) {
    this.#bells = new SharedBells(words)
    this.#spins = isOversubscribed ? SPINS_OVERSUBSCRIBED : SPINS
    this.#isOversubscribed = isOversubscribed
    this.#doorbells = doorbellsOf(cell.control, cell.config.cpuCount)
    this.#own = this.#doorbells[id]
  }

  /** Since the last call. */
  hasSlept(): boolean {
    const slept = this.#slept
    this.#slept = false
    return slept
  }

  gotFurther(): void {
    this.#looks = 0
  }

  /**
   * One look was in vain: may the worker sleep, or should it look again? Asked apart from sleeping, so
   * that a spinning wait makes no closure.
   */
  isTired(): boolean {
    return ++this.#looks >= this.#spins
  }

  /** Nobody rings for a request that this CPU has to look for. */
  sleepsLightly(): void {
    this.#longestMs = BLIND_SLEEP_MS
  }

  /** Sleeps until rung. @param canRing whether whoever satisfies the wait knows whom to ring */
  wait(isSatisfied: () => boolean, canRing: boolean): void {
    this.#sleep(isSatisfied, canRing ? this.#longestMs : BLIND_SLEEP_MS)
  }

  /** Something is locked, or another tape is not there yet: nobody rings for that. */
  retry(): void {
    if (this.isTired()) this.#sleep(never, BLIND_SLEEP_MS)
  }

  /** A pause on the tape: the core is given away only where somebody else could use it. */
  pause(leftNs: number): void {
    if (this.#isOversubscribed) this.#sleep(never, Math.min(leftNs / 1e6, this.#longestMs))
  }

  #sleep(isSatisfied: () => boolean, ms: number): void {
    sleepUntilRung(this.#bells, this.#own, isSatisfied, ms)
    this.#slept = true
    this.#looks = 0
  }

  /** The phase is over: nobody needs to sleep on. */
  wakeAll(): void {
    for (const { bell } of this.#doorbells) {
      this.#bells.add(bell, 1)
      this.#bells.notify(bell)
    }
  }
}

function never(): boolean {
  return false
}

import { reachedSerial } from '../contract/change.js'
import { KERNEL_SPACE } from '../contract/page.js'
import type { Memory } from '../machine/memory.js'
import type { Witness } from '../pagetable/context.js'
import { Journal, type OracleWords, type PassedEvent } from './journal.js'
import { invariantOf, obligationName, ViolationList } from './violations.js'

/** What the oracle must know of the CPU that it watches. */
export interface WatchedCpu {
  readonly id: number
  /** Whether this CPU's TLB holds an entry for the page that is older than `stamp` and that it could use now. */
  holdsStale(space: number, page: number, stamp: number, frame: number, allowed: number): boolean
  nowNs(): number
  /** Engine steps so far, for messages. */
  steps(): number
}

/** Claims are judged by whoever can look into every TLB at once: `sim` and the explorer. */
export interface ClaimJudge {
  opened(
    owner: number,
    serial: number,
    space: number,
    page: number,
    stamp: number,
    allowed: number,
    obligations: number,
  ): void
  claimed(owner: number, fromSerial: number, toSerial: number): void
}

export interface WatchOptions {
  /** false: the local part only. It touches no shared line: own entries against own changes. */
  readonly isFull: boolean
  readonly memory: Memory
  readonly words: OracleWords
  readonly cpu: WatchedCpu
  readonly counters: Float64Array
  readonly violations: ViolationList
  readonly judge: ClaimJudge | null
}

/**
 * The oracle's eyes on one CPU. It is asked nothing: the kernel side tells it what happens, and it
 * finds the violations. A violation needs no access: an obligation's event has passed, and this CPU
 * starts a step with a usable stale entry.
 */
export class Watch implements Witness {
  readonly #options: WatchOptions
  readonly #journal: Journal
  readonly #event: PassedEvent = {
    obligation: 0,
    owner: 0,
    space: 0,
    page: 0,
    stamp: 0,
    frame: 0,
    allowed: 0,
  }
  /** Clock of the local part: counts this CPU's own changes. */
  #localClock = 0
  // A double from the start, see WorkerLoop.
  #sinceNs = Number.NaN
  readonly #pendingSerials: number[] = []
  readonly #pendingSince: number[] = []
  /** From the first change of an operation until it was settled, one per operation, nanoseconds. */
  exposuresNs: number[] = []

  constructor(options: WatchOptions) {
    this.#options = options
    this.#journal = new Journal(options.memory, options.words)
  }

  stamp(): number {
    const { isFull, memory, words } = this.#options
    if (!isFull) return ++this.#localClock
    return (memory.add(words.clock, 1) + 1) | 0
  }

  /** The clock for a fill; equal before and after the walk, or the walk has to be repeated. */
  clock(): number {
    return this.#options.isFull ? this.#options.memory.load(this.#options.words.clock) : this.#localClock
  }

  event(
    obligation: number,
    owner: number,
    space: number,
    page: number,
    stamp: number,
    frame: number,
    allowed: number,
  ): void {
    const { isFull, cpu } = this.#options
    if (isFull) this.#journal.append(obligation, owner, space, page, stamp, frame, allowed)
    else if (owner === cpu.id) this.#judge(obligation, owner, space, page, stamp, frame, allowed)
  }

  /** Events to look at: `poll` them after taking interrupts, with the count read before. */
  get journalHead(): number {
    return this.#options.isFull && this.#journal.isBehind ? this.#journal.head : 0
  }

  /** This CPU is about to start a step: every event that passed before it last took interrupts counts. */
  poll(head: number): void {
    const event = this.#event
    while (this.#journal.next(head, event)) {
      this.#judge(
        event.obligation,
        event.owner,
        event.space,
        event.page,
        event.stamp,
        event.frame,
        event.allowed,
      )
    }
  }

  get lostEvents(): number {
    return this.#journal.lost
  }

  #judge(
    obligation: number,
    owner: number,
    space: number,
    page: number,
    stamp: number,
    frame: number,
    allowed: number,
  ): void {
    const { cpu, violations } = this.#options
    if (!cpu.holdsStale(space, page, stamp, frame, allowed)) return
    const what = space === KERNEL_SPACE ? 'kernel page' : 'page'
    violations.add({
      invariant: invariantOf(obligation),
      cpu: cpu.id,
      space,
      page,
      step: cpu.steps(),
      message: `CPU ${cpu.id} can still use its old translation of ${what} ${page}, changed by CPU ${owner}, after ${obligationName(obligation)} has passed`,
    })
  }

  opened(
    owner: number,
    serial: number,
    space: number,
    page: number,
    stamp: number,
    allowed: number,
    obligations: number,
  ): void {
    this.#options.judge?.opened(owner, serial, space, page, stamp, allowed, obligations)
  }

  claimed(owner: number, fromSerial: number, toSerial: number): void {
    this.#options.judge?.claimed(owner, fromSerial, toSerial)
  }

  changing(): void {
    this.#sinceNs = this.#options.cpu.nowNs()
  }

  exposed(serial: number, isSettled: boolean): void {
    if (isSettled) {
      this.exposuresNs.push(this.#options.cpu.nowNs() - this.#sinceNs)
    } else {
      this.#pendingSerials.push(serial)
      this.#pendingSince.push(this.#sinceNs)
    }
  }

  get hasPending(): boolean {
    return this.#pendingSerials.length > 0
  }

  /** The watermark of this CPU stands at `serial` now. */
  settledUpTo(serial: number, nowNs: number): void {
    let done = 0
    while (done < this.#pendingSerials.length && reachedSerial(serial, this.#pendingSerials[done])) {
      this.exposuresNs.push(nowNs - this.#pendingSince[done])
      done++
    }
    if (done === 0) return
    this.#pendingSerials.splice(0, done)
    this.#pendingSince.splice(0, done)
  }

  count(counter: number, by: number): void {
    this.#options.counters[counter] += by
  }
}

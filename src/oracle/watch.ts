import { reachedSerial } from '../contract/change.js'
import { WALK_REACH } from '../contract/obligation.js'
import { KERNEL_SPACE } from '../contract/page.js'
import type { Memory } from '../machine/memory.js'
import type { Witness } from '../pagetable/context.js'
import { cpuOf, partOf, type Parts } from '../pagetable/parts.js'
import { emptyEvent, type PassedEvent } from '../pagetable/passedEvent.js'
import { Journal, type OracleWords } from './journal.js'
import { invariantOf, obligationName, ViolationList } from './violations.js'

/** What the oracle must know of the CPU that it watches. */
export interface WatchedCpu {
  readonly id: number
  /** Whether this CPU holds a translation such as the event is about, and could use it now. */
  holdsStale(event: PassedEvent): boolean
  /** Whether it holds one that it could not use now: of a space that is not loaded, while the CPU is idle or preempted, or a kernel mapping while it runs user code. */
  keepsStale(event: PassedEvent): boolean
  isPreempted(): boolean
  readonly activeSpace: number
  nowNs(): number
  /** Engine steps so far, for messages. */
  steps(): number
}

/** A device with translations of its own, in a space that no CPU loads. */
export interface WatchedDevice {
  readonly space: number
  holdsStale(event: PassedEvent): boolean
}

/** Claims are judged by whoever can look into every TLB at once: `sim` and the explorer. */
export interface ClaimJudge {
  opened(serial: number, change: PassedEvent): void
  claimed(owner: number, fromSerial: number, toSerial: number): void
  answered(owner: number, serial: number, obligations: number): void
  /** An event whose reach is walk passes now. */
  passed(event: PassedEvent): void
}

interface Pending {
  readonly serials: number[]
  readonly sinceNs: number[]
}

/** Why a CPU could not use what it kept when the event passed: its space was not loaded, or else what the CPU did. */
type Reason = 'away' | 'idle' | 'preempted' | 'user'

interface Condemned extends PassedEvent {
  readonly reason: Reason
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
  readonly parts: Parts
}

/**
 * The oracle's eyes on one CPU. It is asked nothing: the kernel side tells it what happens, and it
 * finds the violations. A violation needs no access: an obligation's event has passed, and this CPU
 * starts a step with a usable stale entry.
 */
export class Watch implements Witness {
  readonly #options: WatchOptions
  readonly #journal: Journal
  /** Reads the same records, earlier. */
  readonly #walks: Journal
  readonly #event: PassedEvent = emptyEvent()
  /** Events that passed while this CPU kept what they condemn and could not use it. */
  #condemned: Condemned[] = []
  /** Clock of the local part: counts this CPU's own changes. */
  #localClock = 0
  // A double from the start, see WorkerLoop.
  #sinceNs = Number.NaN
  /** What is unsettled, by part of the strategy: serials, and since when. */
  readonly #pending: readonly Pending[]
  /** From the first change of an operation until it was settled, one per operation, nanoseconds. */
  exposuresNs: number[] = []
  /** Judged by the CPU that lets the event pass: what the device has cached it can use at once. */
  device: WatchedDevice | null = null

  constructor(options: WatchOptions) {
    this.#options = options
    this.#journal = new Journal(options.memory, options.words)
    this.#walks = new Journal(options.memory, options.words)
    this.#pending = options.parts.contracts.map(() => ({ serials: [], sinceNs: [] }))
  }

  stamp(): number {
    const { isFull, memory, words } = this.#options
    if (!isFull) return ++this.#localClock
    return (memory.add(words.clock, 1) + 1) | 0
  }

  stampTable(): number {
    return this.stamp()
  }

  reading(): number {
    return this.clock()
  }

  /** The clock for a fill; equal before and after the walk, or the walk has to be repeated. */
  clock(): number {
    return this.#options.isFull ? this.#options.memory.load(this.#options.words.clock) : this.#localClock
  }

  event(event: PassedEvent): void {
    const { isFull, cpu, parts } = this.#options
    if (event.space === this.device?.space) {
      if (isFull) this.#judgeDevice(event)
    } else if (isFull) {
      this.#journal.append(event)
      if ((event.obligation & WALK_REACH) !== 0) this.#options.judge?.passed(event)
    } else if (cpuOf(parts, event.owner) === cpu.id) this.#judge(event)
  }

  /** Events to look at: `poll` them after taking interrupts, with the count read before. */
  get journalHead(): number {
    const isDue = this.#options.isFull && (this.#journal.isBehind || this.#condemned.length > 0)
    return isDue ? this.#journal.head : 0
  }

  /** This CPU is about to start a step: every event that passed before it last took interrupts counts. */
  poll(head: number): void {
    if (this.#condemned.length > 0) this.#judgeCondemned()
    const event = this.#event
    while (this.#journal.next(head, event)) {
      this.#judge(event)
      if (!this.#options.cpu.keepsStale(event)) continue
      this.#condemned.push({ ...event, reason: this.#reasonFor(event) })
    }
    this.#walks.skipTo(head)
  }

  #reasonFor({ space }: PassedEvent): Reason {
    const { cpu } = this.#options
    if (space !== KERNEL_SPACE && space !== cpu.activeSpace) return 'away'
    if (cpu.isPreempted()) return 'preempted'
    return space === KERNEL_SPACE ? 'user' : 'idle'
  }

  /** A space is loaded again (I7), or the CPU runs, wakes or is in the kernel again, and what was condemned meanwhile is still there. What is gone is forgotten. */
  #judgeCondemned(): void {
    const { cpu, violations, parts } = this.#options
    this.#condemned = this.#condemned.filter((event) => {
      if (cpu.keepsStale(event)) return true
      if (!cpu.holdsStale(event)) return false
      const { obligation, space, page, reason } = event
      const by = cpuOf(parts, event.owner)
      const since = {
        away: `after loading space ${space} again, changed by CPU ${by} while it was away`,
        idle: `after it woke, changed by CPU ${by} while it was idle`,
        preempted: `after the host ran it again, changed by CPU ${by} while it was preempted`,
        user: `after it entered the kernel, changed by CPU ${by} while it ran user code`,
      }[reason]
      violations.add({
        invariant: reason === 'away' ? 'I7' : invariantOf(obligation),
        cpu: cpu.id,
        space,
        page,
        step: cpu.steps(),
        message: `CPU ${cpu.id} can still use its old translation of page ${page} ${since}, after ${obligationName(obligation)} has passed`,
      })
      return false
    })
  }

  /**
   * What counts for CPUs in handlers, and with interrupts off, is judged without taking interrupts first:
   * one that is still on its way shows that nobody has waited for it.
   */
  pollWalks(): void {
    if (!this.#options.isFull || !this.#walks.isBehind) return
    const event = this.#event
    const { head } = this.#walks
    while (this.#walks.next(head, event)) if ((event.obligation & WALK_REACH) !== 0) this.#judge(event)
  }

  get lostEvents(): number {
    return this.#journal.lost
  }

  #judge(event: PassedEvent): void {
    const { cpu } = this.#options
    if (!cpu.holdsStale(event)) return
    const what = event.space === KERNEL_SPACE ? 'kernel page' : 'page'
    this.#report(event, `CPU ${cpu.id}`, what)
  }

  #judgeDevice(event: PassedEvent): void {
    if (this.device?.holdsStale(event) === true) this.#report(event, 'the device', 'page')
  }

  #report({ obligation, owner, space, page }: PassedEvent, who: string, what: string): void {
    const { cpu, violations, parts } = this.#options
    violations.add({
      invariant: invariantOf(obligation),
      cpu: cpu.id,
      space,
      page,
      step: cpu.steps(),
      message: `${who} can still use its old translation of ${what} ${page}, changed by CPU ${cpuOf(parts, owner)}, after ${obligationName(obligation)} has passed`,
    })
  }

  opened(serial: number, change: PassedEvent): void {
    this.#options.judge?.opened(serial, change)
  }

  claimed(owner: number, fromSerial: number, toSerial: number): void {
    this.#options.judge?.claimed(owner, fromSerial, toSerial)
  }

  answered(owner: number, serial: number, obligations: number): void {
    this.#options.judge?.answered(owner, serial, obligations)
  }

  changing(): void {
    this.#sinceNs = this.#options.cpu.nowNs()
  }

  exposed(owner: number, serial: number, isSettled: boolean): void {
    const { cpu, parts } = this.#options
    if (isSettled) {
      this.exposuresNs.push(cpu.nowNs() - this.#sinceNs)
    } else {
      const pending = this.#pending[partOf(parts, owner)]
      pending.serials.push(serial)
      pending.sinceNs.push(this.#sinceNs)
    }
  }

  get hasPending(): boolean {
    for (const { serials } of this.#pending) if (serials.length > 0) return true
    return false
  }

  /** Operations, for each part, with changes that nobody has claimed yet: their exposure goes on. */
  get openExposures(): number {
    return this.#pending.reduce((sum, { serials }) => sum + serials.length, 0)
  }

  /** I9: what is open for longer than the strategy said. Reported once for each operation. */
  judgeDeadlines(nowNs: number): void {
    const { deadlinesNs } = this.#options.parts
    for (let part = 0; part < deadlinesNs.length; part++)
      this.#judgeDeadlinesOf(this.#pending[part], nowNs, deadlinesNs[part])
  }

  #judgeDeadlinesOf({ serials, sinceNs }: Pending, nowNs: number, deadlineNs: number): void {
    const { cpu, violations } = this.#options
    if (sinceNs.length === 0 || nowNs - sinceNs[0] <= deadlineNs) return
    let late = 0
    while (late < sinceNs.length && nowNs - sinceNs[late] > deadlineNs) {
      violations.add({
        invariant: 'I9',
        cpu: cpu.id,
        space: 0,
        page: 0,
        step: cpu.steps(),
        message: `change ${serials[late]} of CPU ${cpu.id} is unsettled ${deadlineNs} ns after it was made, its deadline`,
      })
      late++
    }
    serials.splice(0, late)
    sinceNs.splice(0, late)
  }

  /** The watermark of an owner that is this CPU stands at `serial` now. */
  settledUpTo(owner: number, serial: number, nowNs: number): void {
    const { serials, sinceNs } = this.#pending[partOf(this.#options.parts, owner)]
    let done = 0
    while (done < serials.length && reachedSerial(serial, serials[done])) {
      this.exposuresNs.push(nowNs - sinceNs[done])
      done++
    }
    if (done === 0) return
    serials.splice(0, done)
    sinceNs.splice(0, done)
  }

  count(counter: number, by: number): void {
    this.#options.counters[counter] += by
  }
}

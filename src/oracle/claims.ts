import { reachedSerial } from '../contract/change.js'
import { BINDING, WALK_REACH } from '../contract/obligation.js'
import { cpuOf, type Parts } from '../pagetable/parts.js'
import type { PassedEvent } from '../pagetable/passedEvent.js'
import type { ClaimJudge } from './watch.js'
import { invariantOf, obligationName, type ViolationList } from './violations.js'

/** A CPU whose TLB the judge may look into. */
export interface JudgedCpu {
  readonly id: number
  /** In an interrupt handler that is not finished, or idle: it can use kernel mappings only. */
  readonly isInKernelOnly: boolean
  holdsStale(event: PassedEvent): boolean
  steps(): number
}

interface OpenChange extends PassedEvent {
  readonly serial: number
}

/**
 * I11: a claim of settlement must be true at the moment it is made. Only an engine that runs all CPUs
 * in one isolate can tell; it catches a strategy that settles too early even where luck hides the
 * consequences.
 */
export class Claims implements ClaimJudge {
  readonly #cpus: readonly JudgedCpu[]
  readonly #violations: ViolationList
  readonly #parts: Parts
  /** By owner. */
  readonly #open: OpenChange[][]

  constructor(cpus: readonly JudgedCpu[], violations: ViolationList, parts: Parts) {
    this.#cpus = cpus
    this.#violations = violations
    this.#parts = parts
    this.#open = Array.from({ length: cpus.length * parts.count }, () => [])
  }

  opened(serial: number, change: PassedEvent): void {
    if ((change.obligation & BINDING) === 0) return
    this.#open[change.owner].push({ ...change, serial })
  }

  /** SETTLED: the changes from one serial to another, and no others. */
  claimed(owner: number, fromSerial: number, toSerial: number): void {
    const open = this.#open[owner]
    this.#open[owner] = open.filter((change) => {
      const isClaimed = reachedSerial(change.serial, fromSerial) && reachedSerial(toSerial, change.serial)
      if (isClaimed) this.#judge(owner, change, 'SETTLED')
      return !isClaimed
    })
  }

  /** `settle`: a prefix. Changes are opened in the order of their serials. */
  settled(owner: number, serial: number, issued: number): void {
    if (!reachedSerial(issued, serial)) this.#judgeFuture(owner, serial, issued)
    const open = this.#open[owner]
    let done = 0
    while (done < open.length && reachedSerial(serial, open[done].serial)) {
      this.#judge(owner, open[done], 'settle')
      done++
    }
    if (done > 0) open.splice(0, done)
  }

  /** Nobody knows yet what the change will be: its own round is still to come. */
  #judgeFuture(owner: number, serial: number, issued: number): void {
    const by = cpuOf(this.#parts, owner)
    const message = `settle claims change ${serial} of CPU ${by}, whose last one is ${issued}`
    this.#violations.add({
      invariant: 'I11',
      cpu: by,
      space: 0,
      page: 0,
      step: this.#cpus[by].steps(),
      message,
    })
  }

  /**
   * `covered`: a change that is open here, for some of what it owes. Asked about again and again, so a
   * change whose answer was false is closed with it.
   */
  answered(owner: number, serial: number, obligations: number): void {
    const open = this.#open[owner]
    const index = open.findIndex((change) => change.serial === serial)
    if (index < 0) return
    const before = this.#violations.count
    this.#judge(owner, { ...open[index], obligation: open[index].obligation & obligations }, 'covered')
    const owed = open[index].obligation & BINDING
    if (this.#violations.count > before || (owed & ~obligations) === 0) open.splice(index, 1)
  }

  /** Of reach walk: whoever holds the translation now could walk through it now. */
  passed(event: PassedEvent): void {
    const { obligation, owner, space, page } = event
    for (const cpu of this.#cpus) {
      if (!cpu.holdsStale(event)) continue
      this.#violations.add({
        invariant: invariantOf(obligation),
        cpu: cpu.id,
        space,
        page,
        step: cpu.steps(),
        message: `CPU ${cpu.id} can still reach the old translation of page ${page}, changed by CPU ${cpuOf(this.#parts, owner)}, after ${obligationName(obligation)} has passed`,
      })
    }
  }

  #judge(owner: number, change: OpenChange, claim: string): void {
    const { space, page, serial } = change
    for (const cpu of this.#cpus) {
      if (cpu.isInKernelOnly && space !== 0 && (change.obligation & WALK_REACH) === 0) continue
      if (!cpu.holdsStale(change)) continue
      this.#violations.add({
        invariant: 'I11',
        cpu: cpu.id,
        space,
        page,
        step: cpu.steps(),
        message: `${claim} claims change ${serial} of CPU ${cpuOf(this.#parts, owner)} while CPU ${cpu.id} can still use its old translation of page ${page}`,
      })
    }
  }
}

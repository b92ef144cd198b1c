import { reachedSerial } from '../contract/change.js'
import { BINDING } from '../contract/obligation.js'
import type { ClaimJudge } from './watch.js'
import type { ViolationList } from './violations.js'

/** A CPU whose TLB the judge may look into. */
export interface JudgedCpu {
  readonly id: number
  /** In an interrupt handler that is not finished: it can use kernel mappings only. */
  readonly isInHandler: boolean
  holdsStale(space: number, page: number, stamp: number, frame: number, allowed: number): boolean
  steps(): number
}

interface OpenChange {
  serial: number
  space: number
  page: number
  stamp: number
  allowed: number
}

/**
 * I11: a claim of settlement must be true at the moment it is made. Only an engine that runs all CPUs
 * in one isolate can tell; it catches a strategy that settles too early even where luck hides the
 * consequences.
 */
export class Claims implements ClaimJudge {
  readonly #cpus: readonly JudgedCpu[]
  readonly #violations: ViolationList
  readonly #open: OpenChange[][]

  constructor(cpus: readonly JudgedCpu[], violations: ViolationList) {
    this.#cpus = cpus
    this.#violations = violations
    this.#open = cpus.map(() => [])
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
    if ((obligations & BINDING) === 0) return
    this.#open[owner].push({ serial, space, page, stamp, allowed })
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
  settled(owner: number, serial: number): void {
    const open = this.#open[owner]
    let done = 0
    while (done < open.length && reachedSerial(serial, open[done].serial)) {
      this.#judge(owner, open[done], 'settle')
      done++
    }
    if (done > 0) open.splice(0, done)
  }

  #judge(owner: number, change: OpenChange, claim: string): void {
    const { space, page, stamp, allowed, serial } = change
    for (const cpu of this.#cpus) {
      if (cpu.isInHandler && space !== 0) continue
      if (!cpu.holdsStale(space, page, stamp, -1, allowed)) continue
      this.#violations.add({
        invariant: 'I11',
        cpu: cpu.id,
        space,
        page,
        step: cpu.steps(),
        message: `${claim} claims change ${serial} of CPU ${owner} while CPU ${cpu.id} can still use its old translation of page ${page}`,
      })
    }
  }
}

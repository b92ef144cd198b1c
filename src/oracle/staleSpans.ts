import { BINDING } from '../contract/obligation.js'
import { KERNEL_SPACE } from '../contract/page.js'
import { LEVEL_DIRECTORY, type PassedEvent } from '../pagetable/passedEvent.js'

/** A CPU whose TLB may be looked into. */
export interface HoldingCpu {
  /** Under any tag, loaded or not. */
  hasStale(event: PassedEvent): boolean
}

interface Span {
  readonly change: PassedEvent
  readonly sinceNs: number
  holders: number
}

/**
 * How long old translations truly stay in TLBs: from a change until the last CPU has lost it, claimed
 * or not. For engines that can look into every TLB. A CPU is looked at when it flushes; a translation
 * that was evicted or replaced before counts until then.
 */
export class StaleSpans {
  readonly #cpus: readonly HoldingCpu[]
  /** Per CPU the changes whose old translation it held at the change and, as far as is known, still holds. */
  readonly #held: Span[][]
  /** Changes that somebody still holds. */
  open = 0
  /** Nanoseconds, one for each change that is over; 0 where nobody held it. */
  endedNs: number[] = []

  constructor(cpus: readonly HoldingCpu[]) {
    this.#cpus = cpus
    this.#held = cpus.map(() => [])
  }

  /** What is open goes on, and what is over was before what is measured. */
  reset(): void {
    this.endedNs = []
  }

  changed(change: PassedEvent, atNs: number): void {
    if ((change.obligation & BINDING) === 0) return
    // The argument is used again for the next change.
    const span: Span = { change: { ...change }, sinceNs: atNs, holders: 0 }
    for (const [cpu, held] of this.#held.entries()) {
      if (!this.#cpus[cpu].hasStale(span.change)) continue
      held.push(span)
      span.holders++
    }
    if (span.holders === 0) this.endedNs.push(0)
    else this.open++
  }

  /** @param space KERNEL_SPACE: of all spaces. @param pageCount Infinity: all of the space */
  flushed(cpu: number, space: number, firstPage: number, pageCount: number, atNs: number): void {
    const held = this.#held[cpu]
    if (held.length === 0) return
    const isEverything = space === KERNEL_SPACE && pageCount === Infinity
    this.#held[cpu] = held.filter((span) => {
      const { change } = span
      const isAsked =
        isEverything ||
        // Any flush empties the paging-structure cache.
        change.level === LEVEL_DIRECTORY ||
        (change.space === space && change.page >= firstPage && change.page < firstPage + pageCount)
      if (!isAsked || this.#cpus[cpu].hasStale(change)) return true
      if (--span.holders === 0) {
        this.open--
        this.endedNs.push(atNs - span.sinceNs)
      }
      return false
    })
  }
}

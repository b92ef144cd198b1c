import type { Placed } from '../../contract/strategy.js'
import type { OwnTable } from '../../machine/ownTable.js'
import { LEVEL_LEAF } from '../../pagetable/passedEvent.js'
import type { Arena } from './arena.js'
import type { Speculation } from './speculation.js'
import type { StepLog } from './stepLog.js'
import type { TrackedPages } from './trackedPages.js'

/** One CPU's own page table: a word for each page that is followed, 1 where the entry is there. Part of the state. */
export class ExploreOwnTable implements OwnTable {
  readonly #cpu: number
  readonly #at: number
  readonly #arena: Arena
  readonly #log: StepLog
  readonly #tracked: TrackedPages
  readonly #speculation: Speculation

  constructor(
    cpu: number,
    placed: Placed,
    arena: Arena,
    log: StepLog,
    tracked: TrackedPages,
    speculation: Speculation,
  ) {
    this.#cpu = cpu
    this.#at = placed.base + cpu * placed.stride
    this.#arena = arena
    this.#log = log
    this.#tracked = tracked
    this.#speculation = speculation
  }

  has(page: number): boolean {
    if (!this.#log.quiet()) return this.#log.value !== 0
    return this.#log.keep(this.#arena.words[this.#wordOf(page)]) !== 0
  }

  fill(page: number): void {
    if (!this.#log.quiet()) return
    this.#arena.set(this.#wordOf(page), 1)
    this.#log.keep(0)
  }

  /** What is there may have been cached until now. A point of its own: it is called within one. */
  drop(firstPage: number, pageCount: number): number {
    const { list } = this.#tracked
    this.#speculation.beforeDropping(this.#cpu, firstPage, pageCount)
    let count = 0
    for (let index = 0; index < list.length; index++) {
      const offset = list[index].page - firstPage
      if (list[index].level !== LEVEL_LEAF || offset < 0 || offset >= pageCount) continue
      count += this.#arena.words[this.#at + index]
      this.#arena.set(this.#at + index, 0)
    }
    return count
  }

  #wordOf(page: number): number {
    return this.#at + this.#tracked.indexOf(page, LEVEL_LEAF)
  }
}

import { ENTRIES_PER_TABLE } from '../../contract/page.js'
import { STAMP_OFFSET } from '../../machine/tables.js'
import type { Witness } from '../../pagetable/context.js'
import type { PassedEvent } from '../../pagetable/passedEvent.js'
import type { Arena } from './arena.js'
import type { ExploreOracle } from './exploreOracle.js'
import type { StepLog } from './stepLog.js'

/** What the kernel side of one CPU tells, passed on once: a step that is run again has told it before. */
export class ExploreWitness implements Witness {
  readonly #arena: Arena
  readonly #log: StepLog
  readonly #oracle: ExploreOracle

  constructor(arena: Arena, log: StepLog, oracle: ExploreOracle) {
    this.#arena = arena
    this.#log = log
    this.#oracle = oracle
  }

  /** The entry's next version. */
  stamp(word: number): number {
    return this.#log.quiet() ? this.#log.keep(this.#arena.words[word + STAMP_OFFSET] + 1) : this.#log.value
  }

  /** Versions of the table's successor begin with this one, so none of the table's own may be above it. */
  stampTable(word: number, firstLeaf: number): number {
    if (!this.#log.quiet()) return this.#log.value
    const { words } = this.#arena
    let version = words[word + STAMP_OFFSET]
    for (let leaf = firstLeaf; leaf < firstLeaf + ENTRIES_PER_TABLE; leaf++)
      version = Math.max(version, words[leaf + STAMP_OFFSET])
    return this.#log.keep(version + 1)
  }

  reading(word: number): number {
    return this.#log.quiet() ? this.#log.keep(this.#arena.words[word + STAMP_OFFSET]) : this.#log.value
  }

  event(event: PassedEvent): void {
    if (!this.#log.quiet()) return
    this.#oracle.passed(event)
    this.#log.keep(0)
  }

  opened(serial: number, change: PassedEvent): void {
    if (!this.#log.quiet()) return
    this.#oracle.opened(serial, change)
    this.#log.keep(0)
  }

  claimed(owner: number, fromSerial: number, toSerial: number): void {
    if (!this.#log.quiet()) return
    this.#oracle.claimed(owner, fromSerial, toSerial)
    this.#log.keep(0)
  }

  answered(owner: number, serial: number, obligations: number): void {
    if (!this.#log.quiet()) return
    this.#oracle.answered(owner, serial, obligations)
    this.#log.keep(0)
  }

  // Durations and counts are no part of a state.
  exposed(): void {}
  changing(): void {}
  count(): void {}
}

import { STAMP_OFFSET } from '../../machine/tables.js'
import type { Witness } from '../../pagetable/context.js'
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

  event(
    obligation: number,
    _owner: number,
    _space: number,
    page: number,
    stamp: number,
    frame: number,
    allowed: number,
  ): void {
    if (!this.#log.quiet()) return
    this.#oracle.passed(obligation, page, stamp, frame, allowed)
    this.#log.keep(0)
  }

  opened(
    owner: number,
    serial: number,
    _space: number,
    page: number,
    stamp: number,
    allowed: number,
    obligations: number,
  ): void {
    if (!this.#log.quiet()) return
    this.#oracle.opened(owner, serial, page, stamp, allowed, obligations)
    this.#log.keep(0)
  }

  claimed(owner: number, fromSerial: number, toSerial: number): void {
    if (!this.#log.quiet()) return
    this.#oracle.claimed(owner, fromSerial, toSerial)
    this.#log.keep(0)
  }

  // Durations and counts are no part of a state.
  exposed(): void {}
  changing(): void {}
  count(): void {}
}

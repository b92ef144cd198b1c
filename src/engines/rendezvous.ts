import { ROLE_INITIATOR, ROLE_INNOCENT } from '../contract/tape.js'
import { TAPE_STATE_WORDS } from './cellWords.js'
import type { TapeCpu } from './tapeCpu.js'

/**
 * Where tapes wait for each other. Each call looks once and says whether the wait is over; the CPU
 * takes interrupts between two looks, so nobody who must acknowledge something is ever stuck here.
 * `part` is the word of the tape's state that tells whether this CPU has already announced itself.
 */
export class Rendezvous {
  readonly #cpu: TapeCpu
  readonly #state: Int32Array

  constructor(cpu: TapeCpu, state: Int32Array) {
    this.#cpu = cpu
    this.#state = state
  }

  /** All initiators: the last one to arrive moves the round on. */
  barrier(part: number): boolean {
    const { memory, cell, tapes } = this.#cpu
    const { barrierCount, barrierRound } = cell.control
    if (this.#state[part] === 0) {
      this.#state[part] = 1
      this.#state[TAPE_STATE_WORDS - 1] = memory.load(barrierRound)
      const initiators = tapes.tapes.filter((tape) => tape.role === ROLE_INITIATOR).length
      if (memory.add(barrierCount, 1) + 1 < initiators) return false
      memory.store(barrierCount, 0)
      memory.add(barrierRound, 1)
      return true
    }
    return memory.load(barrierRound) !== this.#state[TAPE_STATE_WORDS - 1]
  }

  /**
   * Every innocent has begun and ended a pass since. Two ends are needed: the first may be that of a
   * pass that was under way.
   */
  awaitReaders(part: number): boolean {
    const { memory, cell, tapes } = this.#cpu
    const { passes } = cell.control
    const isFirst = this.#state[part] === 0
    this.#state[part] = 1
    let isOver = true
    for (let cpu = 0; cpu < tapes.tapes.length; cpu++) {
      if (tapes.tapes[cpu].role !== ROLE_INNOCENT) continue
      const seen = memory.load(passes.base + cpu * passes.stride)
      if (isFirst) this.#state[TAPE_STATE_WORDS + cpu] = (seen + 2) | 0
      if (((seen - this.#state[TAPE_STATE_WORDS + cpu]) | 0) < 0) isOver = false
    }
    return isOver
  }

  /** Asks every CPU for a tick and waits until all have taken it. */
  tickAll(part: number): boolean {
    const { memory, cell, tapes } = this.#cpu
    const { tickRequest, ticksTaken } = cell.control
    if (this.#state[part] === 0) {
      this.#state[part] = 1
      this.#state[TAPE_STATE_WORDS - 1] = (memory.add(tickRequest, 1) + 1) | 0
      this.#cpu.ticksRequested()
    }
    for (let cpu = 0; cpu < tapes.tapes.length; cpu++) {
      if (
        ((memory.load(ticksTaken.base + cpu * ticksTaken.stride) - this.#state[TAPE_STATE_WORDS - 1]) | 0) <
        0
      )
        return false
    }
    return true
  }
}

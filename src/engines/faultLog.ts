import type { Placed } from '../contract/strategy.js'
import type { Memory } from '../machine/memory.js'
import type { CellWords } from './cellWords.js'
import type { FaultWords } from './faultWords.js'

/** Writes down what faults do. The strategy does not see these words, and no time is charged for them. */
export class FaultLog {
  readonly #memory: Memory
  readonly #cell: CellWords
  readonly #words: FaultWords

  constructor(memory: Memory, cell: CellWords, words: FaultWords) {
    this.#memory = memory
    this.#cell = cell
    this.#words = words
  }

  /** Before the interrupt goes: afterwards the target may have acknowledged already. */
  sends(from: number, target: number): void {
    const { countdowns } = this.#cell.control
    // A round that nobody waits for has no countdown, and nobody's acknowledgement is missing.
    if (this.#memory.load(countdowns.base + from * countdowns.stride) === 0) return
    this.#memory.or(wordIn(this.#words.awaited, from, target), bitOf(target))
  }

  /** Before the countdown is taken down: afterwards the owner may have begun its next round already. */
  acknowledges(by: number, owner: number): void {
    this.#memory.and(wordIn(this.#words.awaited, owner, by), ~bitOf(by))
    this.#memory.and(wordIn(this.#words.lost, owner, by), ~bitOf(by))
  }

  loses(from: number, target: number): void {
    this.#memory.or(wordIn(this.#words.lost, from, target), bitOf(target))
  }

  kills(cpu: number): void {
    this.#memory.store(this.#words.killed.base + cpu * this.#words.killed.stride, 1)
  }

  isKilled(cpu: number): boolean {
    return this.#memory.load(this.#words.killed.base + cpu * this.#words.killed.stride) !== 0
  }

  /** @returns the number of this interrupt, from 1 on */
  countSend(): number {
    return this.#memory.add(this.#words.sends, 1) + 1
  }

  beginCounting(): void {
    this.#memory.store(this.#words.sends, 0)
  }

  awaitedBy(cpu: number): number[] {
    return this.#members(this.#words.awaited, cpu)
  }

  lostBy(cpu: number): number[] {
    return this.#members(this.#words.lost, cpu)
  }

  #members(sets: Placed, cpu: number): number[] {
    const members: number[] = []
    for (let other = 0; other < this.#cell.config.cpuCount; other++) {
      if ((this.#memory.load(wordIn(sets, cpu, other)) & bitOf(other)) !== 0) members.push(other)
    }
    return members
  }
}

function wordIn(sets: Placed, owner: number, member: number): number {
  return sets.base + owner * sets.stride + (member >>> 5)
}

function bitOf(member: number): number {
  return 1 << (member & 31)
}

import type { Port } from '../../contract/port.js'
import type { Demand, MachineShape } from '../../contract/strategy.js'

/** Number of owners, then owner and serial of each. */
export function notedPrivates(shape: MachineShape): number {
  return 1 + shape.cpuCount * 2
}

/**
 * Owners with the last serial that each had issued when it was noted, in private words: what a flush
 * that begins after that settles. Noted after the flush has begun, a change issued in between would
 * be settled unflushed.
 */
export class NotedSerials {
  readonly #at: number

  /** @param at first of `notedPrivates` private words */
  constructor(at: number) {
    this.#at = at
  }

  clear(cpu: Port): void {
    cpu.set(this.#at, 0)
  }

  note(cpu: Port, owner: number): void {
    if (!this.#isNoted(cpu, owner)) this.noteSerial(cpu, owner, cpu.issued(owner))
  }

  noteSerial(cpu: Port, owner: number, serial: number): void {
    if (this.#isNoted(cpu, owner)) return
    const count = cpu.get(this.#at)
    cpu.set(this.#at + 1 + count * 2, owner)
    cpu.set(this.#at + 2 + count * 2, serial)
    cpu.set(this.#at, count + 1)
  }

  #isNoted(cpu: Port, owner: number): boolean {
    const count = cpu.get(this.#at)
    for (let i = 0; i < count; i++) if (cpu.get(this.#at + 1 + i * 2) === owner) return true
    return false
  }

  /** Everybody whom a demand asks about, and nobody else. */
  noteAll(cpu: Port, demand: Demand): void {
    this.clear(cpu)
    for (let item = 0; item < demand.count; item++) this.note(cpu, demand.owners[item])
  }

  /** All of them; what is settled already is not claimed again. */
  settle(cpu: Port): void {
    const count = cpu.get(this.#at)
    for (let i = 0; i < count; i++) {
      const owner = cpu.get(this.#at + 1 + i * 2)
      const serial = cpu.get(this.#at + 2 + i * 2)
      if (serial !== cpu.settledUpTo(owner)) cpu.settle(owner, serial)
    }
  }
}

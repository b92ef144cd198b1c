import type { CpuSet, Port } from '../../contract/port.js'
import type { MachineShape, Placed, WordBlock } from '../../contract/strategy.js'
import { setWords } from './holders.js'

/** Which CPUs have an entry of the shared page tables in their own: one bit per CPU and entry. */
export function sharerBlock(shape: MachineShape): WordBlock {
  return { count: shape.entryCount ?? 0, stride: setWords(shape.cpuCount) }
}

export class Sharers {
  readonly #placed: Placed

  constructor(placed: Placed) {
    this.#placed = placed
  }

  enter(cpu: Port, entry: number): void {
    cpu.or(this.#at(entry) + (cpu.id >>> 5), 1 << (cpu.id & 31))
  }

  /** Adds those of an entry to private words. @param clears whether they are taken out of the set */
  gather(cpu: Port, entry: number, into: CpuSet, clears: boolean): void {
    const at = this.#at(entry)
    for (let word = 0; word < this.#placed.stride; word++) {
      const bits = clears ? cpu.exchange(at + word, 0) : cpu.load(at + word)
      cpu.set(into + word, cpu.get(into + word) | bits)
    }
  }

  #at(entry: number): number {
    return this.#placed.base + entry * this.#placed.stride
  }
}

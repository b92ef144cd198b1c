import { KERNEL_SPACE } from '../../contract/page.js'
import type { CpuSet, Port } from '../../contract/port.js'
import { type MachineShape, type Placed, type WordBlock } from '../../contract/strategy.js'
import { wholeLines } from './lines.js'

/**
 * Which CPUs may hold translations of a space: one bit per CPU, as Linux' `mm_cpumask`. A CPU sets its
 * bit before it loads the space and clears it after it has flushed on leaving. The line is written at
 * every switch and read by every initiator; that traffic is part of what is measured.
 */
export function setWords(cpuCount: number): number {
  return Math.ceil(cpuCount / 32)
}

export function holderBlock(shape: MachineShape): WordBlock {
  const words = setWords(shape.cpuCount)
  return { count: shape.spaceCount, stride: wholeLines(words) }
}

export class Holders {
  protected readonly placed: Placed
  protected readonly words: number

  constructor(placed: Placed, cpuCount: number) {
    this.placed = placed
    this.words = setWords(cpuCount)
  }

  wordOf(space: number, cpu: number): number {
    return this.placed.base + space * this.placed.stride + (cpu >>> 5)
  }

  enter(cpu: Port, space: number): void {
    cpu.or(this.wordOf(space, cpu.id), 1 << (cpu.id & 31))
  }

  leave(cpu: Port, space: number): void {
    cpu.and(this.wordOf(space, cpu.id), ~(1 << (cpu.id & 31)))
  }

  /** Asked by a CPU about itself: only it writes its own bit, so the answer cannot be stale. */
  holds(cpu: Port, space: number): boolean {
    return (cpu.load(this.wordOf(space, cpu.id)) & (1 << (cpu.id & 31))) !== 0
  }

  /** Copies the holders without this CPU into private words; how many. */
  others(cpu: Port, space: number, into: CpuSet): number {
    let count = 0
    for (let word = 0; word < this.words; word++) {
      let bits = cpu.load(this.placed.base + space * this.placed.stride + word)
      if (word === cpu.id >>> 5) bits &= ~(1 << (cpu.id & 31))
      cpu.set(into + word, bits)
      count += bitCount(bits)
    }
    return count
  }

  /** Copies those who may cache something of a space without this CPU, everybody for kernel mappings; how many. */
  targets(cpu: Port, space: number, into: CpuSet): number {
    return space === KERNEL_SPACE ? this.everyoneElse(cpu, into) : this.others(cpu, space, into)
  }

  /** All CPUs without this one; how many. */
  everyoneElse(cpu: Port, into: CpuSet): number {
    for (let word = 0; word < this.words; word++) {
      const left = cpu.count - word * 32
      let bits = left >= 32 ? -1 : (1 << left) - 1
      if (word === cpu.id >>> 5) bits &= ~(1 << (cpu.id & 31))
      cpu.set(into + word, bits)
    }
    return cpu.count - 1
  }
}

export function bitCount(bits: number): number {
  let n = bits - ((bits >>> 1) & 0x55555555)
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333)
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

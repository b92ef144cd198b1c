import type { Port } from '../../contract/port.js'
import { type MachineShape, type StrategyModule, type WordBlock } from '../../contract/strategy.js'
import { setWords, Holders } from '../../strategies/shared/holders.js'
import linux from '../../strategies/linux.js'
import {
  LINUX_PARTS,
  LinuxStrategy,
  type LinuxPrivates,
  type LinuxWords,
} from '../../strategies/shared/linuxStrategy.js'
import { wholeLines } from '../../strategies/shared/lines.js'

/**
 * Holders with a word for each CPU, written with plain stores: no line that all CPUs write, and no
 * read-modify-write that would order the store by itself. Hence the fence: without it the store may
 * become visible after the generation was read, and Dekker's argument is gone.
 */
export class PublishedHolders extends Holders {
  protected flagOf(space: number, cpu: number): number {
    return this.placed.base + space * this.placed.stride + cpu
  }

  override enter(cpu: Port, space: number): void {
    cpu.store(this.flagOf(space, cpu.id), 1)
    cpu.fence()
  }

  override leave(cpu: Port, space: number): void {
    cpu.store(this.flagOf(space, cpu.id), 0)
  }

  override holds(cpu: Port, space: number): boolean {
    return cpu.load(this.flagOf(space, cpu.id)) !== 0
  }

  override others(cpu: Port, space: number, into: number): number {
    let count = 0
    for (let word = 0; word < setWords(cpu.count); word++) cpu.set(into + word, 0)
    for (let other = 0; other < cpu.count; other++) {
      if (other === cpu.id || cpu.load(this.flagOf(space, other)) === 0) continue
      cpu.set(into + (other >>> 5), cpu.get(into + (other >>> 5)) | (1 << (other & 31)))
      count++
    }
    return count
  }
}

function flagBlock(shape: MachineShape): WordBlock {
  return { count: shape.spaceCount, stride: wholeLines(shape.cpuCount) }
}

export default {
  ...linux,
  summary: 'linux, with a word for each holder and a fence in place of a bit set atomically',
  words: (shape) => ({ ...linux.words(shape), holders: flagBlock(shape) }),
  create: (host) => new LinuxStrategy(host, { ...LINUX_PARTS, Holders: PublishedHolders }),
} satisfies StrategyModule<LinuxWords, LinuxPrivates>

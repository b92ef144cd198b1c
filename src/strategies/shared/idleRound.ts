import { KERNEL_SPACE } from '../../contract/page.js'
import type { CpuSet, Port } from '../../contract/port.js'
import type { AwayCpus } from './awayCpus.js'
import { Round } from './round.js'

/** A round that leaves idle CPUs alone where the strategy lets it. */
export class IdleRound extends Round {
  /** Set by the strategy that makes both. */
  idle!: AwayCpus
  /** Private word: 1 where idle CPUs may be left out. */
  mayLeave = 0

  protected override findTargets(cpu: Port, space: number): number {
    const count = super.findTargets(cpu, space)
    if (cpu.get(this.mayLeave) === 0 || !this.isUnused(space)) return count
    return count - this.leaveOut(cpu, this.targets)
  }

  /** Whether a CPU that is left out uses nothing of the space. Idle CPUs run the kernel, so kernel mappings are in use there. */
  protected isUnused(space: number): boolean {
    return space !== KERNEL_SPACE
  }

  /** Takes idle CPUs out of the set; how many. */
  protected leaveOut(cpu: Port, set: CpuSet): number {
    let left = 0
    for (let target = 0; target < cpu.count; target++) {
      const word = set + (target >>> 5)
      const bit = 1 << (target & 31)
      if ((cpu.get(word) & bit) === 0 || !this.idle.leaveTo(cpu, target)) continue
      cpu.set(word, cpu.get(word) & ~bit)
      left++
    }
    return left
  }
}

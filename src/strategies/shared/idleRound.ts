import { KERNEL_SPACE } from '../../contract/page.js'
import type { CpuSet, Port } from '../../contract/port.js'
import type { Placed } from '../../contract/strategy.js'
import { Round } from './round.js'

/** A CPU's word: it is idle, and it has to flush everything when it wakes. */
export const IDLE = 1
export const FLUSH = 2

/**
 * illumos' word of a CPU (`cpu_m.mcpu_tlb_info`): the initiator takes an idle CPU off its list by leaving it
 * a flush, in one exchange with the look at whether it is idle. Looked at first and told afterwards,
 * the CPU could wake in between and never read what it was told.
 */
export class IdleCpus {
  protected readonly placed: Placed

  constructor(placed: Placed) {
    this.placed = placed
  }

  protected wordOf(cpu: number): number {
    return this.placed.base + cpu * this.placed.stride
  }

  /** Whether the target need not be interrupted. The entry is written: what it caches after its flush is the new one. */
  leaveTo(cpu: Port, target: number): boolean {
    const before = cpu.compareExchange(this.wordOf(target), IDLE, IDLE | FLUSH)
    return (before & IDLE) !== 0
  }

  idled(cpu: Port): void {
    cpu.store(this.wordOf(cpu.id), IDLE)
  }

  woke(cpu: Port): void {
    if ((cpu.exchange(this.wordOf(cpu.id), 0) & FLUSH) !== 0) cpu.invalidateAll()
  }
}

/** A round that leaves idle CPUs alone where the strategy lets it. */
export class IdleRound extends Round {
  /** Set by the strategy that makes both. */
  idle!: IdleCpus
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

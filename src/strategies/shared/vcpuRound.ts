import type { Port } from '../../contract/port.js'
import type { Placed } from '../../contract/strategy.js'
import { LinuxRound } from './linuxRound.js'

/** A virtual CPU's word, which guest and host share: it is off its processor, and everything is to be flushed before it runs again. */
export const PREEMPTED = 1
export const FLUSH = 2

/**
 * KVM's word of a virtual CPU (`kvm_steal_time.preempted`). The host says that the CPU is gone before it is, and takes
 * the word back in one exchange that also tells what was left there. An initiator leaves a flush in one exchange with
 * its look: looked at first and told afterwards, the CPU could come back in between and never read what it was told.
 */
export class VcpuWords {
  protected readonly placed: Placed

  constructor(placed: Placed) {
    this.placed = placed
  }

  protected wordOf(cpu: number): number {
    return this.placed.base + cpu * this.placed.stride
  }

  /** In the guest: whether the target need not be interrupted. Where anybody else has changed the word meanwhile, it is. */
  leaveTo(cpu: Port, target: number): boolean {
    const state = cpu.load(this.wordOf(target))
    if ((state & PREEMPTED) === 0) return false
    return cpu.compareExchange(this.wordOf(target), state, state | FLUSH) === state
  }

  preempted(cpu: Port): void {
    cpu.store(this.wordOf(cpu.id), PREEMPTED)
  }

  reentered(cpu: Port): void {
    if ((cpu.exchange(this.wordOf(cpu.id), 0) & FLUSH) !== 0) cpu.invalidateAll()
  }
}

/**
 * Linux' round without those that a host has taken off their processors. Not for kernel mappings, whose flush calls
 * every CPU (`on_each_cpu`) and knows nothing of hosts.
 */
export class VcpuRound extends LinuxRound {
  /** Set by the strategy that makes both. */
  vcpus!: VcpuWords

  protected override isLeftOut(cpu: Port, target: number): boolean {
    return super.isLeftOut(cpu, target) || this.vcpus.leaveTo(cpu, target)
  }
}

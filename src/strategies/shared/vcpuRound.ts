import type { Port } from '../../contract/port.js'
import { AWAY, AwayCpus, FLUSH } from './awayCpus.js'
import { LinuxRound } from './linuxRound.js'

/** KVM's word of a virtual CPU (`kvm_steal_time.preempted`), which guest and host share. */
export class VcpuWords extends AwayCpus {
  /** Read first: most CPUs run, and their lines stay where they are. Whose word has changed since the look is interrupted. */
  override leaveTo(cpu: Port, target: number): boolean {
    const state = cpu.load(this.wordOf(target))
    if ((state & AWAY) === 0) return false
    return cpu.compareExchange(this.wordOf(target), state, state | FLUSH) === state
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

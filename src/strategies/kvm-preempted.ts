import type { Port } from '../contract/port.js'
import { WORDS_PER_LINE, type StrategyHost, type StrategyModule } from '../contract/strategy.js'
import {
  LINUX_PARAMETERS,
  LINUX_PARTS,
  LinuxStrategy,
  linuxPrivates,
  linuxWords,
  type LinuxPrivates,
  type LinuxWords,
} from './shared/linuxStrategy.js'
import { VcpuRound, VcpuWords } from './shared/vcpuRound.js'

type Words = LinuxWords | 'vcpu'

export class KvmPreempted extends LinuxStrategy {
  readonly #vcpus: VcpuWords

  constructor(host: StrategyHost<Words, LinuxPrivates>, Kind: typeof VcpuWords = VcpuWords) {
    super(host, { ...LINUX_PARTS, Round: VcpuRound })
    this.#vcpus = new Kind(host.words.vcpu)
    // `LINUX_PARTS` with another round made it.
    const round = this.round as VcpuRound
    round.vcpus = this.#vcpus
  }

  preempted(cpu: Port): void {
    this.#vcpus.goes(cpu)
  }

  reentered(cpu: Port): void {
    this.#vcpus.returns(cpu)
  }
}

/**
 * `linux` in a guest of KVM that knows which of its virtual CPUs the host runs. A CPU that is off its processor takes no
 * interrupt, so a round waits for as long as the host likes. The guest leaves such a CPU out, and the host flushes for it
 * before it runs again. Wanpeng Li, `KVM_FEATURE_PV_TLB_FLUSH`, Linux 4.16; on a host of 64 processors with guests of as
 * many, `ebizzy -M` did 4 % more with one guest, 78 % with two and 132 % with three.
 *
 * ## State
 *
 * That of `linux`. Per virtual CPU a word on a line of its own that guest and host share (`kvm_steal_time.preempted`):
 * it is preempted, and it has to be flushed.
 *
 * ## Who does what
 *
 * - **Initiator**: as `linux`; then it looks at the word of each target. If that says preempted, it exchanges it for
 *   preempted and to be flushed, and if the word was still as it had read it, the target is not interrupted.
 * - **Host**, about to take a CPU off its processor: writes preempted. About to run it again: exchanges the word for 0,
 *   and drops all of the CPU's translations if a flush was asked for.
 * - **Responder, switch, idle**: as `linux`. The guest does not learn that the host has flushed: the CPU's generation stays
 *   behind, so the next request finds a gap and flushes all of the space.
 *
 * ## Why it is safe
 *
 * A CPU that is off its processor runs nothing and walks nothing. What it caches after the host's flush it reads after
 * the exchange, and the entry was written before it. The bad schedule is the one without an exchange: the initiator
 * reads preempted, the CPU comes back and finds no flush, the initiator notes one and interrupts nobody. On the host's
 * side the same: it reads that no flush is asked for, the initiator asks, the host writes 0. Tables may be freed as well,
 * because no walk counts there; Linux needs RCU for its software walkers, which may be preempted in mid-walk.
 *
 * ## Counts
 *
 * One initiator, h other CPUs that run the space, of which v are off their processors: as `linux` with h - v. Each
 * virtual CPU that comes back after at least one such operation: one full flush; and its next request is one full flush
 * instead of p invalidations. A kernel range, and a demand, interrupts all N - 1, and waits for those that are away.
 *
 * ## What differs from the source
 *
 * The host takes CPUs away in user mode only, as a tape says; KVM does so anywhere, in the middle of a handler too. Its
 * word is a byte in a larger structure, and it sets it for halted CPUs as well, which are idle ones here. The lazy test of
 * `linux` comes first, as in later kernels. The host's flush is one of everything (KVM drops what the CPU's tag of the
 * virtual machine has).
 */
export default {
  summary:
    'linux in a KVM guest: virtual CPUs off their processor are not interrupted, the host flushes for them',
  source:
    'Wanpeng Li, KVM_FEATURE_PV_TLB_FLUSH; Linux 6.3 arch/x86/kernel/kvm.c (kvm_flush_tlb_multi), arch/x86/kvm/x86.c',
  needs: ['vcpu'],
  parameters: LINUX_PARAMETERS,
  contract: () => 'return',
  assumes: () => ({ timeless: false, symmetric: true }),
  words: (shape) => ({ ...linuxWords(shape), vcpu: { count: shape.cpuCount, stride: WORDS_PER_LINE } }),
  privateWords: linuxPrivates,
  create: (host) => new KvmPreempted(host),
} satisfies StrategyModule<Words, LinuxPrivates>

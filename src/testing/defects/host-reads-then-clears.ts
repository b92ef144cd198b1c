import type { Port } from '../../contract/port.js'
import kvmPreempted, { KvmPreempted } from '../../strategies/kvm-preempted.js'
import { FLUSH } from '../../strategies/shared/awayCpus.js'
import { VcpuWords } from '../../strategies/shared/vcpuRound.js'
import { plant, type Defect } from '../defect.js'

class ReadsFirst extends VcpuWords {
  override returns(cpu: Port): void {
    const word = this.wordOf(cpu.id)
    if ((cpu.load(word) & FLUSH) !== 0) cpu.invalidateAll()
    cpu.store(word, 0)
  }
}

export const defect: Defect = {
  name: 'host-reads-then-clears',
  trap: 'record_steal_time',
  base: 'kvm-preempted',
  breaks:
    'The host reads that no flush is asked for. CPU 1 finds the CPU preempted, asks for one and interrupts nobody. The host writes 0 and runs CPU 0.',
  expects: ['I6', 'I1', 'I2', 'I11'],
  needs: {
    operations: ['preempt', 'advise'],
    roles: [['preempt'], ['advise']],
    cpus: 2,
    pages: 1,
    operationCount: 1,
    ticks: 0,
    preempt: 'hooks',
  },
  foundWithin: 600,
}

export default plant(
  kvmPreempted,
  'the host reads whether to flush, and clears the word afterwards',
  (host) => new KvmPreempted(host, ReadsFirst),
)

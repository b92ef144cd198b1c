import type { Port } from '../../contract/port.js'
import kvmPreempted, { KvmPreempted } from '../../strategies/kvm-preempted.js'
import { FLUSH, AWAY } from '../../strategies/shared/awayCpus.js'
import { VcpuWords } from '../../strategies/shared/vcpuRound.js'
import { plant, type Defect } from '../defect.js'

class DropsAnyway extends VcpuWords {
  override leaveTo(cpu: Port, target: number): boolean {
    const word = this.wordOf(target)
    const state = cpu.load(word)
    if ((state & AWAY) === 0) return false
    cpu.compareExchange(word, state, state | FLUSH)
    return true
  }
}

export const defect: Defect = {
  name: 'leaves-out-who-is-back',
  trap: 'kvm_flush_tlb_multi',
  base: 'kvm-preempted',
  breaks:
    'CPU 1 reads that CPU 0 is preempted. The host runs CPU 0 again, so the exchange fails, and CPU 1 does not look whether it did: no flush is left, nobody is interrupted.',
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
  'does not look whether the flush could be left',
  (host) => new KvmPreempted(host, DropsAnyway),
)

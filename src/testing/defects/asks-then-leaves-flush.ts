import type { Port } from '../../contract/port.js'
import kvmPreempted, { KvmPreempted } from '../../strategies/kvm-preempted.js'
import { FLUSH, AWAY } from '../../strategies/shared/awayCpus.js'
import { VcpuWords } from '../../strategies/shared/vcpuRound.js'
import { plant, type Defect } from '../defect.js'

class AsksFirst extends VcpuWords {
  override leaveTo(cpu: Port, target: number): boolean {
    const word = this.wordOf(target)
    if ((cpu.load(word) & AWAY) === 0) return false
    cpu.store(word, AWAY | FLUSH)
    return true
  }
}

export const defect: Defect = {
  name: 'asks-then-leaves-flush',
  trap: '16',
  base: 'kvm-preempted',
  breaks:
    'CPU 1 reads that CPU 0 is preempted. The host runs CPU 0 again: no flush is asked for. CPU 1 writes that one is, interrupts nobody, and returns.',
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
  'reads that a CPU is preempted, and leaves it a flush afterwards',
  (host) => new KvmPreempted(host, AsksFirst),
)

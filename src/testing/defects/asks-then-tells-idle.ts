import type { Port } from '../../contract/port.js'
import illumosIdle, { IllumosIdle } from '../../strategies/illumos-idle.js'
import { FLUSH, AWAY, AwayCpus } from '../../strategies/shared/awayCpus.js'
import { plant, type Defect } from '../defect.js'

class AsksFirst extends AwayCpus {
  override leaveTo(cpu: Port, target: number): boolean {
    const word = this.wordOf(target)
    if ((cpu.load(word) & AWAY) === 0) return false
    cpu.or(word, FLUSH)
    return true
  }
}

export const defect: Defect = {
  name: 'asks-then-tells-idle',
  trap: '16',
  base: 'illumos-idle',
  breaks:
    'CPU 1 reads that CPU 0 is idle. CPU 0 wakes: nothing is asked of it. CPU 1 leaves it a flush that it will take when it has been idle once more, and returns.',
  expects: ['I6', 'I1', 'I2', 'I11'],
  needs: {
    operations: ['idle', 'advise'],
    roles: [['idle'], ['advise']],
    cpus: 2,
    pages: 1,
    operationCount: 1,
    ticks: 0,
    preempt: 'hooks',
  },
  foundWithin: 1000,
}

export default plant(
  illumosIdle,
  'reads that a CPU is idle, and leaves it a flush afterwards',
  (host) => new IllumosIdle(host, AsksFirst),
)

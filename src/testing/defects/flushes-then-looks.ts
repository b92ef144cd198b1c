import type { Port } from '../../contract/port.js'
import illumosIdle, { IllumosIdle } from '../../strategies/illumos-idle.js'
import { AwayCpus } from '../../strategies/shared/awayCpus.js'
import { plant, type Defect } from '../defect.js'

class FlushesFirst extends AwayCpus {
  override returns(cpu: Port): void {
    cpu.invalidateAll()
    cpu.exchange(this.wordOf(cpu.id), 0)
  }
}

export const defect: Defect = {
  name: 'flushes-then-looks',
  trap: '2',
  base: 'illumos-idle',
  breaks:
    'CPU 0 wakes and flushes; the page is cached again. CPU 1 takes it away, finds CPU 0 still idle, leaves it a flush and returns. CPU 0 takes the request, which it believes done.',
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
  'flushes before it takes the request',
  (host) => new IllumosIdle(host, FlushesFirst),
)

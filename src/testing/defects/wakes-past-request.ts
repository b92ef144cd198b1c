import type { Port } from '../../contract/port.js'
import illumosIdle, { IllumosIdle } from '../../strategies/illumos-idle.js'
import { FLUSH, AwayCpus } from '../../strategies/shared/awayCpus.js'
import { plant, type Defect } from '../defect.js'

class StoresOver extends AwayCpus {
  override returns(cpu: Port): void {
    const word = this.wordOf(cpu.id)
    if ((cpu.load(word) & FLUSH) !== 0) cpu.invalidateAll()
    cpu.store(word, 0)
  }
}

export const defect: Defect = {
  name: 'wakes-past-request',
  trap: 'illumos tlb_service: the word is read and cleared in one exchange',
  base: 'illumos-idle',
  breaks:
    'CPU 0 wakes and reads that nothing is asked. CPU 1 finds it idle, leaves it a flush and returns. CPU 0 overwrites the request and runs on with the old translation.',
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
  'clears its word after it has looked at it',
  (host) => new IllumosIdle(host, StoresOver),
)

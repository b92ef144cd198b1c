import type { Port } from '../../contract/port.js'
import linux from '../../strategies/linux.js'
import { LinuxStrategy } from '../../strategies/shared/linuxStrategy.js'
import { plant, type Defect } from '../defect.js'

class ComparesFirst extends LinuxStrategy {
  override woke(cpu: Port): void {
    this.linuxRound.catchUp(cpu)
    cpu.exchange(this.linuxRound.lazyOf(cpu.id), 0)
  }
}

export const defect: Defect = {
  name: 'compares-then-wakes',
  trap: '3',
  base: 'linux',
  breaks:
    'CPU 0 wakes and finds the generation that it knows. CPU 1 takes a page away, raises the generation, finds CPU 0 lazy and sends nothing. CPU 0 is lazy no more, and keeps the page.',
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
  foundWithin: 300,
}

export default plant(
  linux,
  'compares generations before it says that it is awake',
  (host) => new ComparesFirst(host),
)

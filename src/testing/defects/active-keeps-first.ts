import type { Port } from '../../contract/port.js'
import activeCpu, { ActiveCpuStrategy } from '../../strategies/active-cpu.js'
import { ActiveCpus } from '../../strategies/shared/activeCpus.js'
import { plant, type Defect } from '../defect.js'

class KeepsFirst extends ActiveCpus {
  override enter(cpu: Port, space: number): void {
    cpu.compareExchange(this.wordOf(space), 0, cpu.id + 1)
  }
}

export const defect: Defect = {
  name: 'active-keeps-first',
  trap: '21',
  base: 'active-cpu',
  breaks: 'CPU 0 was the first to run the space, and flushes it alone although CPU 1 runs it as well.',
  expects: ['I11'],
  needs: {
    operations: ['advise'],
    cpus: 2,
    pages: 1,
    operationCount: 1,
    ticks: 0,
    preempt: 'none',
  },
  foundWithin: 20,
}

export default plant(
  activeCpu,
  'goes on being the only user of a space when a second one comes',
  (host) => new ActiveCpuStrategy(host, KeepsFirst),
)

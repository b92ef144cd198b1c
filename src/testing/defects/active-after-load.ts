import type { Port } from '../../contract/port.js'
import type { Ticket } from '../../contract/ticket.js'
import activeCpu, { ActiveCpuStrategy } from '../../strategies/active-cpu.js'
import { TlbiStrategy } from '../../strategies/shared/tlbiStrategy.js'
import { plant, type Defect } from '../defect.js'

class EntersLate extends ActiveCpuStrategy {
  override switched(cpu: Port, to: number): Ticket {
    const ticket = TlbiStrategy.prototype.switched.call(this, cpu, to)
    this.active.enter(cpu, to)
    return ticket
  }
}

export const defect: Defect = {
  name: 'active-after-load',
  trap: '21',
  base: 'active-cpu',
  breaks:
    'CPU 1 loads a space that only CPU 0 has run, and caches an entry. CPU 0 takes that entry away, reads that it is the only one, and tells nobody. CPU 1 makes itself known.',
  expects: ['I11'],
  needs: {
    operations: ['adviseOther', 'switch'],
    roles: [['adviseOther'], ['switch']],
    cpus: 2,
    pages: 1,
    operationCount: 1,
    ticks: 0,
    preempt: 'hooks',
    frames: 2,
  },
  foundWithin: 1000,
}

export default plant(
  activeCpu,
  'makes itself known as a second user of a space after it has loaded it',
  (host) => new EntersLate(host),
)

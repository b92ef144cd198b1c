import type { Port } from '../../contract/port.js'
import type { Ticket } from '../../contract/ticket.js'
import immediate, { Immediate } from '../../strategies/immediate.js'
import { plant, type Defect } from '../defect.js'

class SettlesBystanders extends Immediate {
  protected override flushed(cpu: Port): Ticket {
    for (let owner = 0; owner < cpu.count; owner++) if (owner !== cpu.id) cpu.settle(owner, cpu.issued(owner))
    return super.flushed(cpu)
  }
}

export const defect: Defect = {
  name: 'settles-bystanders',
  trap: 'field/prototype.md 3.3',
  base: 'immediate',
  breaks:
    'CPU 0 and CPU 1 change different pages. The round of CPU 0 names one range, and its end settles the change of CPU 1, which nobody has flushed.',
  expects: ['I1', 'I2', 'I6', 'I11', 'I3'],
  needs: {
    operations: ['advise'],
    cpus: 2,
    pages: 2,
    operationCount: 1,
    ticks: 0,
    preempt: 'none',
  },
  foundWithin: 80,
}

export default plant(
  immediate,
  'a round over one range settles the changes of every CPU',
  (host) => new SettlesBystanders(host),
)

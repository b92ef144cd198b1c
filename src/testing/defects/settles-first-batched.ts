import type { Port } from '../../contract/port.js'
import type { Ticket } from '../../contract/ticket.js'
import batched from '../../strategies/batched.js'
import { PerOperation } from '../../strategies/shared/perOperation.js'
import { plant, type Defect } from '../defect.js'

class SettlesFirst extends PerOperation {
  protected override flush(cpu: Port): Ticket {
    cpu.settle(cpu.id, cpu.issued(cpu.id))
    return super.flush(cpu)
  }
}

export const defect: Defect = {
  name: 'settles-first-batched',
  trap: '1',
  base: 'batched',
  breaks: 'As settles-first, for all changes of an operation at once.',
  expects: ['I1', 'I2', 'I6', 'I11'],
  needs: {
    operations: ['adviseAll'],
    roles: [['adviseAll'], []],
    cpus: 2,
    pages: 2,
    operationCount: 1,
    ticks: 0,
    preempt: 'none',
  },
  foundWithin: 10,
}

export default plant(batched, 'settles the batch, then flushes and waits', (host) => new SettlesFirst(host))

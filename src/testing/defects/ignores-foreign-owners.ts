import type { Port } from '../../contract/port.js'
import type { Demand } from '../../contract/strategy.js'
import { type Ticket, DONE } from '../../contract/ticket.js'
import batched from '../../strategies/batched.js'
import { PerOperation } from '../../strategies/shared/perOperation.js'
import { plant, type Defect } from '../defect.js'

class IgnoresOwners extends PerOperation {
  override demanded(cpu: Port, demand: Demand): Ticket {
    for (let item = 0; item < demand.count; item++)
      if (demand.owners[item] === cpu.id) return super.demanded(cpu, demand)
    return DONE
  }
}

export const defect: Defect = {
  name: 'ignores-foreign-owners',
  trap: '20',
  base: 'batched',
  breaks:
    'CPU 0 has emptied an entry inside a batch and not flushed. CPU 1 touches the page, demands the change, is told DONE, and puts another page there while CPU 0 still uses the old one.',
  expects: ['I1', 'I2', 'I6', 'I11'],
  needs: {
    operations: ['batch', 'advise', 'touch'],
    roles: [['batch', 'advise'], ['touch']],
    cpus: 2,
    pages: 1,
    operationCount: 2,
    ticks: 0,
    preempt: 'none',
    frames: 2,
  },
  foundWithin: 100,
}

export default plant(
  batched,
  'answers a demand for changes of another CPU with DONE',
  (host) => new IgnoresOwners(host),
)

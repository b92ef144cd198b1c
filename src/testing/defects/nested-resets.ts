import type { Operation } from '../../contract/operation.js'
import type { Port } from '../../contract/port.js'
import { type Ticket, DONE } from '../../contract/ticket.js'
import batched from '../../strategies/batched.js'
import { PerOperation } from '../../strategies/shared/perOperation.js'
import { plant, type Defect } from '../defect.js'

class NestedResets extends PerOperation {
  began(cpu: Port, _operation: Operation): Ticket {
    this.gather.clear(cpu)
    return DONE
  }
}

export const defect: Defect = {
  name: 'nested-resets',
  trap: '11',
  base: 'batched',
  breaks:
    'A batch takes page 0 away; the next operation in it begins and resets what is owed; the end of the batch claims page 0 too.',
  expects: ['I1', 'I2', 'I6', 'I11'],
  needs: {
    operations: ['batch', 'advise'],
    roles: [['batch', 'advise'], []],
    cpus: 2,
    pages: 2,
    operationCount: 3,
    ticks: 0,
    preempt: 'none',
  },
  foundWithin: 250,
}

export default plant(
  batched,
  'an operation inside a batch empties the gather',
  (host) => new NestedResets(host),
)

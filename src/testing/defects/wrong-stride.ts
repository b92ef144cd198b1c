import type { Port } from '../../contract/port.js'
import type { Ticket } from '../../contract/ticket.js'
import batched from '../../strategies/batched.js'
import { PerOperation } from '../../strategies/shared/perOperation.js'
import { plant, type Defect } from '../defect.js'

class WrongStride extends PerOperation {
  protected override startRound(cpu: Port, space: number, first: number, pages: number): Ticket {
    return super.startRound(cpu, space, first, pages, 2)
  }
}

export const defect: Defect = {
  name: 'wrong-stride',
  trap: 'Linux stride_shift of mixed ranges',
  base: 'batched',
  breaks:
    'A range of several pages is flushed with a stride of two, as if the pages were larger than they are.',
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
  foundWithin: 20,
}

export default plant(batched, 'flushes every second page', (host) => new WrongStride(host))

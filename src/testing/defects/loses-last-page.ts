import type { Port } from '../../contract/port.js'
import batched from '../../strategies/batched.js'
import { PerOperation, PER_OPERATION_PARTS } from '../../strategies/shared/perOperation.js'
import { Gather } from '../../strategies/shared/gather.js'
import { plant, type Defect } from '../defect.js'

class ShortGather extends Gather {
  override pages(cpu: Port): number {
    const pages = super.pages(cpu)
    return pages > 1 ? pages - 1 : pages
  }
}

export const defect: Defect = {
  name: 'loses-last-page',
  trap: 'range arithmetic',
  base: 'batched',
  breaks: 'A range of several pages: the last one stays in every TLB.',
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

export default plant(
  batched,
  'flushes one page less than the range',
  (host) => new PerOperation(host, { ...PER_OPERATION_PARTS, Gather: ShortGather }),
)

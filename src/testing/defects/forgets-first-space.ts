import type { Port } from '../../contract/port.js'
import batched from '../../strategies/batched.js'
import { PerOperation, PER_OPERATION_PARTS } from '../../strategies/shared/perOperation.js'
import { Gather } from '../../strategies/shared/gather.js'
import { plant, type Defect } from '../defect.js'

class ForgetfulGather extends Gather {
  protected override addRange(cpu: Port, space: number, first: number, end: number, count: number): void {
    if (this.count(cpu) > 0 && this.space(cpu) !== space) this.clear(cpu)
    super.addRange(cpu, space, first, end, count)
  }
}

export const defect: Defect = {
  name: 'forgets-first-space',
  trap: 'sparc64 TLB batch across spaces',
  base: 'batched',
  breaks:
    'A batch changes a page of one space, then one of another. The gather keeps the second range only, and the first page is never flushed.',
  expects: ['I1', 'I2', 'I6', 'I11', 'I3'],
  needs: {
    operations: ['batch', 'advise', 'adviseOther'],
    roles: [['batch', 'advise', 'adviseOther'], []],
    cpus: 2,
    pages: 1,
    operationCount: 3,
    ticks: 0,
    preempt: 'none',
    frames: 2,
  },
  foundWithin: 90,
}

export default plant(
  batched,
  'a second space takes the place of the first in the gather',
  (host) => new PerOperation(host, { ...PER_OPERATION_PARTS, Gather: ForgetfulGather }),
)

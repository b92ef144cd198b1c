import type { Port } from '../../contract/port.js'
import batched from '../../strategies/batched.js'
import { PerOperation, PER_OPERATION_PARTS } from '../../strategies/shared/perOperation.js'
import { Gather } from '../../strategies/shared/gather.js'
import { WHOLE_SPACE } from '../../strategies/shared/round.js'
import { plant, type Defect } from '../defect.js'

class CutGather extends Gather {
  override pages(cpu: Port): number {
    const pages = super.pages(cpu)
    return pages === WHOLE_SPACE ? this.ceiling : pages
  }
}

export const defect: Defect = {
  name: 'cuts-at-ceiling',
  trap: 'Linux tlb_single_page_flush_ceiling',
  base: 'batched',
  breaks: 'A range above the ceiling is cut to it instead of becoming the whole space.',
  expects: ['I1', 'I2', 'I6', 'I11'],
  needs: {
    operations: ['adviseAll'],
    roles: [['adviseAll'], []],
    cpus: 2,
    pages: 2,
    operationCount: 1,
    ticks: 0,
    preempt: 'none',
    parameters: { ceiling: 1 },
  },
  foundWithin: 20,
}

export default plant(
  batched,
  'above the ceiling it flushes the first pages only',
  (host) => new PerOperation(host, { ...PER_OPERATION_PARTS, Gather: CutGather }),
)

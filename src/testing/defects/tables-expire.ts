import type { Change } from '../../contract/change.js'
import type { Port } from '../../contract/port.js'
import lease, { Lease } from '../../strategies/lease.js'
import { plant, type Defect } from '../defect.js'

/** The machine's clock begins here: long ago. */
const LONG_AGO = 0

class TablesExpire extends Lease {
  protected override expiryOf(cpu: Port, change: Change): number {
    return change.tablesFreed ? LONG_AGO : super.expiryOf(cpu, change)
  }
}

export const defect: Defect = {
  name: 'tables-expire',
  trap: 'ADR 0021',
  base: 'lease',
  breaks:
    'The pages of a table have expired everywhere, so it is freed without a round. CPU 1 still has the way to it in its paging-structure cache, or in hand in a walk in software.',
  expects: ['I4', 'I11'],
  needs: {
    operations: ['remap', 'populate', 'pin'],
    roles: [['pin'], ['remap', 'populate']],
    cpus: 2,
    pages: 1,
    operationCount: 3,
    ticks: 0,
    preempt: 'none',
    frames: 3,
    freesTables: true,
  },
  foundWithin: 200,
}

export default plant(lease, 'freed tables count as expired', (host) => new TablesExpire(host))

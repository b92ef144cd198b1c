import { SETTLED, type Ticket } from '../../contract/ticket.js'
import unitd, { Unitd } from '../../strategies/unitd.js'
import { plant, type Defect } from '../defect.js'

class NoWalkerRound extends Unitd {
  protected override walkersDone(): Ticket {
    return SETTLED
  }
}

export const defect: Defect = {
  name: 'frees-tables-by-coherence',
  trap: 'ADR 0021',
  base: 'unitd',
  breaks:
    'CPU 0 walks in software and has a leaf table in hand. CPU 1 unmaps what is below and gives the table another use: every TLB has dropped it, and nothing has waited for the walk.',
  expects: ['I4'],
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

export default plant(unitd, 'coherence alone where page tables are freed', (host) => new NoWalkerRound(host))

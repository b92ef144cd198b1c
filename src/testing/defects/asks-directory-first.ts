import type { Change } from '../../contract/change.js'
import type { Port } from '../../contract/port.js'
import { DONE, type Ticket } from '../../contract/ticket.js'
import didi, { Didi } from '../../strategies/didi.js'
import { plant, type Defect } from '../defect.js'

class AsksFirst extends Didi {
  changing(cpu: Port, change: Change): Ticket {
    super.drop(cpu, change)
    return DONE
  }

  protected override drop(): void {}
}

export const defect: Defect = {
  name: 'asks-directory-first',
  trap: 'the order of every strategy: the entry, then the flush',
  base: 'didi',
  breaks:
    'CPU 0 has the directory drop the page. CPU 1 walks and caches it again, for the entry is still there. CPU 0 writes the entry and gives the page away.',
  expects: ['I1', 'I2', 'I6', 'I11'],
  needs: {
    operations: ['advise'],
    roles: [['advise'], []],
    cpus: 2,
    pages: 1,
    operationCount: 1,
    ticks: 0,
    preempt: 'none',
  },
  foundWithin: 30,
}

export default plant(
  didi,
  'the directory is asked before the entry is written',
  (host) => new AsksFirst(host),
)

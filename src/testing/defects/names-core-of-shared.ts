import type { Change } from '../../contract/change.js'
import { ACCESSED } from '../../contract/page.js'
import type { CpuSet, Port } from '../../contract/port.js'
import abis, { Abis } from '../../strategies/abis.js'
import { plant, type Defect } from '../defect.js'

/** As it looks where the bit was set for the fill and cleared after it: a walk in between is not to be seen. */
class LosesAccess extends Abis {
  protected override tell(cpu: Port, change: Change, into: CpuSet): boolean {
    change.oldFlags &= ~ACCESSED
    return super.tell(cpu, change, into)
  }
}

export const defect: Defect = {
  name: 'names-core-of-shared',
  trap: '18',
  base: 'abis',
  breaks:
    'CPU 0 faults the page in and CPU 1 walks to it; the accessed bit that said so is lost. CPU 0 takes the page away and drops it alone.',
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
  foundWithin: 12,
}

export default plant(abis, 'loses the accessed bit of a page that is shared', (host) => new LosesAccess(host))

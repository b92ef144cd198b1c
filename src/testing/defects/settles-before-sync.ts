import type { Port } from '../../contract/port.js'
import type { Ticket } from '../../contract/ticket.js'
import arm64Tlbi from '../../strategies/arm64-tlbi.js'
import { TlbiStrategy } from '../../strategies/shared/tlbiStrategy.js'
import { plant, type Defect } from '../defect.js'

class SettlesBeforeSync extends TlbiStrategy {
  protected override sync(cpu: Port): Ticket {
    return this.settle(cpu)
  }
}

export const defect: Defect = {
  name: 'settles-before-sync',
  trap: '12',
  base: 'arm64-tlbi',
  breaks:
    'The operation returns while its broadcast travels; a CPU, this one included, uses the page before the broadcast gets there.',
  expects: ['I1', 'I2', 'I6', 'I11', 'I3'],
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

export default plant(arm64Tlbi, 'broadcasts and does not sync', (host) => new SettlesBeforeSync(host))

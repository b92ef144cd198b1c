import type { Port } from '../../contract/port.js'
import type { Ticket } from '../../contract/ticket.js'
import arm64Tlbi from '../../strategies/arm64-tlbi.js'
import { TlbiStrategy } from '../../strategies/shared/tlbiStrategy.js'
import { plant, type Defect } from '../defect.js'

class NoInterrupt extends TlbiStrategy {
  override resumed(cpu: Port): Ticket {
    return this.settle(cpu)
  }
}

export const defect: Defect = {
  name: 'frees-tables-by-broadcast',
  trap: 'Linux INVLPGB: page tables are freed by RCU where no interrupt holds walkers up',
  base: 'arm64-tlbi',
  breaks:
    'CPU 0 walks in software and has a leaf table in hand. CPU 1 unmaps what is below, broadcasts, syncs, and gives the table another use: nothing has waited for the walk.',
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

export default plant(
  arm64Tlbi,
  'broadcasts alone where page tables are freed',
  (host) => new NoInterrupt(host),
)

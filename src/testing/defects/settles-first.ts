import type { Change } from '../../contract/change.js'
import type { Port } from '../../contract/port.js'
import type { Ticket } from '../../contract/ticket.js'
import immediate, { Immediate } from '../../strategies/immediate.js'
import { plant, type Defect } from '../defect.js'

class SettlesFirst extends Immediate {
  override changed(cpu: Port, change: Change): Ticket {
    cpu.settle(cpu.id, change.serial)
    return super.changed(cpu, change)
  }
}

export const defect: Defect = {
  name: 'settles-first',
  trap: '1',
  base: 'immediate',
  breaks:
    'The watermark moves before the round. While CPU 0 waits, CPU 2 asks whether the change is covered, is told so, and takes what it set free.',
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
  foundWithin: 10,
}

export default plant(immediate, 'settles, then flushes and waits', (host) => new SettlesFirst(host))

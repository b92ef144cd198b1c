import type { Port } from '../../contract/port.js'
import { SETTLED } from '../../contract/ticket.js'
import immediate, { Immediate } from '../../strategies/immediate.js'
import { plant, type Defect } from '../defect.js'

class SettlesAhead extends Immediate {
  protected override flushed(cpu: Port): typeof SETTLED {
    cpu.settle(cpu.id, (cpu.issued(cpu.id) + 1) | 0)
    return SETTLED
  }
}

export const defect: Defect = {
  name: 'settles-ahead',
  trap: 'mutation of immediate',
  base: 'immediate',
  breaks:
    'the watermark moves one serial ahead: the next change of this CPU is taken for settled before it is made.',
  expects: ['I11', 'I6'],
  needs: { operations: ['advise'], cpus: 2, pages: 1, operationCount: 1, ticks: 0, preempt: 'none' },
  foundWithin: 20,
}

export default plant(immediate, 'settles one change ahead', (host) => new SettlesAhead(host))

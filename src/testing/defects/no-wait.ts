import type { Port } from '../../contract/port.js'
import type { Ticket } from '../../contract/ticket.js'
import immediate, { Immediate } from '../../strategies/immediate.js'
import { plant, type Defect } from '../defect.js'

class NoWait extends Immediate {
  protected override startRound(
    cpu: Port,
    space: number,
    first: number,
    pages: number,
    stride: number,
  ): Ticket {
    this.round.start(cpu, space, first, pages, stride)
    return this.flushed(cpu)
  }
}

export const defect: Defect = {
  name: 'no-wait',
  trap: '1',
  base: 'immediate',
  breaks: 'The operation returns while its interrupts travel; CPU 1 uses the page before it takes its own.',
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
  foundWithin: 10,
}

export default plant(immediate, 'sends the interrupts and does not wait', (host) => new NoWait(host))

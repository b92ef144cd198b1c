import type { Port } from '../../contract/port.js'
import type { Ticket } from '../../contract/ticket.js'
import immediate, { Immediate } from '../../strategies/immediate.js'
import { plant, type Defect } from '../defect.js'

class NeverFlush extends Immediate {
  protected override startRound(cpu: Port): Ticket {
    return this.flushed(cpu)
  }
}

export const defect: Defect = {
  name: 'never-flush',
  trap: '1',
  base: 'immediate',
  breaks: 'No TLB is ever touched: CPU 1 caches a page, CPU 0 takes it away, CPU 1 goes on using it.',
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

export default plant(
  immediate,
  'flushes nothing and says that all is settled',
  (host) => new NeverFlush(host),
)

import type { Operation } from '../../contract/operation.js'
import type { Port } from '../../contract/port.js'
import type { Ticket } from '../../contract/ticket.js'
import freebsdDelayed, { FreebsdDelayed } from '../../strategies/freebsd-delayed.js'
import { plant, type Defect } from '../defect.js'

class ClosesFirst extends FreebsdDelayed {
  override finished(cpu: Port, operation: Operation): Ticket {
    if (operation.depth === 0) {
      this.blocks.close(cpu)
      this.blocks.letPass(cpu)
    }
    return super.finished(cpu, operation)
  }
}

export const defect: Defect = {
  name: 'closes-before-flush',
  trap: 'FreeBSD pmap_remove: pmap_invalidate_all comes before pmap_delayed_invl_finish',
  base: 'freebsd-delayed',
  breaks:
    'CPU 0 takes a page away in a batch and closes its block, then makes its round. CPU 1 finds that the generation has passed and faults the page in again, with the old translation still cached.',
  expects: ['I11', 'I2'],
  needs: {
    operations: ['advise', 'touch', 'batch'],
    roles: [['advise', 'batch'], ['touch']],
    cpus: 2,
    pages: 1,
    operationCount: 2,
    ticks: 0,
    preempt: 'none',
    frames: 2,
  },
  foundWithin: 1000,
}

export default plant(
  freebsdDelayed,
  'closes its block before it has flushed',
  (host) => new ClosesFirst(host),
)

import type { Change } from '../../contract/change.js'
import type { Port } from '../../contract/port.js'
import type { Ticket } from '../../contract/ticket.js'
import freebsdDelayed, { FreebsdDelayed } from '../../strategies/freebsd-delayed.js'
import { plant, type Defect } from '../defect.js'

class StampsPassed extends FreebsdDelayed {
  override changed(cpu: Port, change: Change): Ticket {
    const ticket = super.changed(cpu, change)
    change.tag = cpu.load(this.blocks.passed)
    return ticket
  }
}

export const defect: Defect = {
  name: 'stamps-passed',
  trap: 'FreeBSD pmap_delayed_invl_page stamps with the generation of the open block, not with pmap_invl_gen',
  base: 'freebsd-delayed',
  breaks:
    'CPU 0 takes a page away in a batch that goes on, and stamps it with the generation up to which all blocks are closed. CPU 1 finds that it has passed, and faults the page in again.',
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
  'stamps what it takes away with the generation that has passed',
  (host) => new StampsPassed(host),
)

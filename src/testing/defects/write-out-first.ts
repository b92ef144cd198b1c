import type { Change } from '../../contract/change.js'
import { BINDING, IO } from '../../contract/obligation.js'
import type { Port } from '../../contract/port.js'
import { DONE, type Ticket } from '../../contract/ticket.js'
import batched from '../../strategies/batched.js'
import { PerOperation } from '../../strategies/shared/perOperation.js'
import { plant, type Defect } from '../defect.js'

class WriteOutFirst extends PerOperation {
  override changed(cpu: Port, change: Change): Ticket {
    return (change.obligations & BINDING) === IO ? DONE : super.changed(cpu, change)
  }
}

export const defect: Defect = {
  name: 'write-out-first',
  trap: '10',
  base: 'batched',
  breaks:
    'CPU 1 caches a dirty, writable page. CPU 0 cleans it and starts the write-out without a flush. CPU 1 stores to it, and the store is lost.',
  expects: ['I5', 'I11'],
  needs: {
    operations: ['writeOut'],
    cpus: 2,
    pages: 1,
    operationCount: 1,
    ticks: 0,
    preempt: 'none',
  },
  foundWithin: 100,
}

export default plant(batched, 'flushes nothing before a write-out', (host) => new WriteOutFirst(host))

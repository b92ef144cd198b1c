import type { Change } from '../../contract/change.js'
import { REVOKE } from '../../contract/obligation.js'
import type { Port } from '../../contract/port.js'
import type { Ticket } from '../../contract/ticket.js'
import immediate, { Immediate } from '../../strategies/immediate.js'
import { plant, type Defect } from '../defect.js'

class RelaxedRevoke extends Immediate {
  override changed(cpu: Port, change: Change): Ticket {
    cpu.set(this.serial, change.serial)
    return (change.obligations & REVOKE) !== 0 ? this.flushed(cpu) : super.changed(cpu, change)
  }
}

export const defect: Defect = {
  name: 'revoke-is-relaxed',
  trap: 'invariant I3',
  base: 'immediate',
  breaks: 'CPU 1 caches a writable page; CPU 0 protects it and returns; CPU 1 still writes.',
  expects: ['I3', 'I11'],
  needs: {
    operations: ['protect'],
    roles: [['protect'], []],
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
  'a permission that is taken away is not flushed',
  (host) => new RelaxedRevoke(host),
)

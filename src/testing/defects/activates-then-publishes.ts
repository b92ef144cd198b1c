import type { Port } from '../../contract/port.js'
import { type Ticket, DONE } from '../../contract/ticket.js'
import immediate, { Immediate } from '../../strategies/immediate.js'
import { ONLY_TAG } from '../../strategies/shared/roundStrategy.js'
import { plant, type Defect } from '../defect.js'

class ActivatesFirst extends Immediate {
  override switched(cpu: Port, to: number): Ticket {
    cpu.activate(to, ONLY_TAG, false)
    this.holders.enter(cpu, to)
    const from = cpu.get(this.leftSpace)
    if (from !== to) this.holders.leave(cpu, from)
    return DONE
  }
}

export const defect: Defect = {
  name: 'activates-then-publishes',
  trap: '3',
  base: 'immediate',
  breaks:
    'CPU 1 loads the space and speculation caches an entry. CPU 0 takes it away and reads the holders without CPU 1. CPU 1 publishes itself.',
  expects: ['I1', 'I2', 'I6', 'I11'],
  needs: {
    operations: ['advise', 'switch'],
    roles: [['advise'], ['switch']],
    cpus: 2,
    pages: 1,
    operationCount: 2,
    ticks: 0,
    preempt: 'hooks',
  },
  foundWithin: 580,
}

export default plant(
  immediate,
  'becomes a holder after it has loaded the space',
  (host) => new ActivatesFirst(host),
)

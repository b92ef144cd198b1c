import type { Port } from '../../contract/port.js'
import { type Ticket, DONE } from '../../contract/ticket.js'
import linux from '../../strategies/linux.js'
import { LinuxStrategy } from '../../strategies/shared/linuxStrategy.js'
import { plant, type Defect } from '../defect.js'

class ReadsFirst extends LinuxStrategy {
  override switched(cpu: Port, to: number): Ticket {
    const from = this.slots.loaded(cpu)
    if (from === to) return DONE
    const generation = this.slots.current(cpu, to)
    this.publish(cpu, to)
    this.slots.load(cpu, to, generation)
    this.leave(cpu, from)
    return DONE
  }
}

export const defect: Defect = {
  name: 'generation-before-publication',
  trap: '5',
  base: 'linux',
  breaks:
    'CPU 1 reads generation 7. CPU 0 takes the page away, raises it to 8, does not see CPU 1 and tells nobody. CPU 1 becomes a holder and keeps what its tag has of generation 7.',
  expects: ['I6', 'I7', 'I1', 'I11'],
  needs: {
    operations: ['advise', 'switch'],
    roles: [['advise'], ['switch']],
    cpus: 2,
    pages: 1,
    operationCount: 2,
    ticks: 0,
    preempt: 'hooks',
  },
  foundWithin: 1_700,
}

export default plant(linux, 'reads the generation before it is a holder', (host) => new ReadsFirst(host))

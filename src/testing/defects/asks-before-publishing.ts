import type { Port } from '../../contract/port.js'
import type { Ticket } from '../../contract/ticket.js'
import immediate, { Immediate } from '../../strategies/immediate.js'
import { Round } from '../../strategies/shared/round.js'
import { ROUND_PARTS } from '../../strategies/shared/roundStrategy.js'
import { plant, type Defect } from '../defect.js'

class AsksFirst extends Round {
  protected override publish(
    cpu: Port,
    space: number,
    first: number,
    pages: number,
    stride: number,
    ticket: Ticket,
  ): void {
    super.ask(cpu)
    super.publish(cpu, space, first, pages, stride, ticket)
  }

  protected override ask(): void {}
}

export const defect: Defect = {
  name: 'asks-before-publishing',
  trap: 'field/prototype.md 2: count after mask',
  base: 'immediate',
  breaks:
    'CPU 1 is in its handler for something else, sees the bit of CPU 0 too and flushes the request that CPU 0 had before.',
  expects: ['I1', 'I2', 'I6', 'I11', 'I8'],
  needs: {
    operations: ['advise'],
    roles: [['advise'], []],
    cpus: 2,
    pages: 1,
    operationCount: 1,
    ticks: 0,
    spurious: 1,
    preempt: 'hooks',
  },
  foundWithin: 100,
}

export default plant(
  immediate,
  'sets the bits of the targets, then writes the request',
  (host) => new Immediate(host, { ...ROUND_PARTS, Round: AsksFirst }),
)

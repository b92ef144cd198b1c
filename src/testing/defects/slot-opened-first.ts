import type { Port } from '../../contract/port.js'
import type { Ticket } from '../../contract/ticket.js'
import freebsd, { FreebsdScoreboard, Scoreboard } from '../../strategies/freebsd-scoreboard.js'
import { plant, type Defect } from '../defect.js'

class OpensFirst extends Scoreboard {
  protected override publish(
    cpu: Port,
    space: number,
    firstPage: number,
    pageCount: number,
    stride: number,
    ticket: Ticket,
  ): void {
    super.ask(cpu)
    super.publish(cpu, space, firstPage, pageCount, stride, ticket)
  }

  protected override ask(): void {}
}

export const defect: Defect = {
  name: 'slot-opened-first',
  trap: 'FreeBSD smp_targeted_tlb_shootdown: fence between filling smp_tlb fields and clearing scoreboard',
  base: 'freebsd-scoreboard',
  breaks:
    'CPU 1 takes an interrupt that nobody sent just when CPU 0 has opened its slot, and answers for the request that stood there before.',
  expects: ['I1', 'I2', 'I6', 'I11', 'I8'],
  needs: {
    operations: ['advise'],
    roles: [['advise'], []],
    cpus: 2,
    pages: 2,
    operationCount: 2,
    ticks: 0,
    spurious: 1,
    preempt: 'hooks',
  },
  foundWithin: 800,
}

export default plant(
  freebsd,
  'opens its slots before it says what to flush',
  (host) => new FreebsdScoreboard(host, OpensFirst),
)

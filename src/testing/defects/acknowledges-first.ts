import type { Port } from '../../contract/port.js'
import immediate, { Immediate } from '../../strategies/immediate.js'
import { Round } from '../../strategies/shared/round.js'
import { ROUND_PARTS } from '../../strategies/shared/roundStrategy.js'
import { plant, type Defect } from '../defect.js'

class AcknowledgesFirst extends Round {
  protected override serveOne(cpu: Port, initiator: number): void {
    this.acknowledge(cpu, initiator)
    this.flushAsked(cpu, initiator)
  }
}

export const defect: Defect = {
  name: 'acknowledges-first',
  trap: 'FreeBSD mp_machdep.c, which has read the request before',
  base: 'immediate',
  breaks:
    'CPU 0 is acknowledged and writes its next request over the one that CPU 1 has not read. CPU 1 flushes the new page twice and the old one never.',
  expects: ['I1', 'I2', 'I6', 'I11'],
  needs: {
    operations: ['advise'],
    roles: [['advise'], []],
    cpus: 2,
    pages: 2,
    operationCount: 2,
    ticks: 0,
    preempt: 'hooks',
  },
  foundWithin: 660,
}

export default plant(
  immediate,
  'the handler acknowledges, then reads the request',
  (host) => new Immediate(host, { ...ROUND_PARTS, Round: AcknowledgesFirst }),
)

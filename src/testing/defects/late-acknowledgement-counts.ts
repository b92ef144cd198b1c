import type { Port } from '../../contract/port.js'
import { TICKET } from '../../strategies/shared/round.js'
import resends, { ResendStrategy } from '../bases/resends.js'
import { Scoreboard } from '../bases/shared/scoreboard.js'
import { plant, type Defect } from '../defect.js'

class OpensFirst extends Scoreboard {
  protected override publish(
    cpu: Port,
    space: number,
    firstPage: number,
    pageCount: number,
    stride: number,
    generation: number,
  ): void {
    cpu.store(this.requestOf(cpu.id) + TICKET, generation)
    super.publish(cpu, space, firstPage, pageCount, stride, generation)
  }
}

export const defect: Defect = {
  name: 'late-acknowledgement-counts',
  trap: '15',
  base: 'resends',
  breaks:
    'CPU 0 has sent twice, and CPU 1 has answered the first. The second arrives when CPU 0 has opened its next round and not said yet what to flush: CPU 1 flushes the old page once more, and its answer counts for the new round.',
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
  foundWithin: 800,
}

export default plant(
  resends,
  'opens the next round before it says what to flush',
  (host) => new ResendStrategy(host, OpensFirst),
)

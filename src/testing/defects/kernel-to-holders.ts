import type { Port } from '../../contract/port.js'
import immediate, { Immediate } from '../../strategies/immediate.js'
import { Round } from '../../strategies/shared/round.js'
import { ROUND_PARTS } from '../../strategies/shared/roundStrategy.js'
import { plant, type Defect } from '../defect.js'

class HoldersOnly extends Round {
  protected override findTargets(cpu: Port, space: number): number {
    return this.holders.others(cpu, space, this.targets)
  }
}

export const defect: Defect = {
  name: 'kernel-to-holders',
  trap: 'section 2.K of the catalogue',
  base: 'immediate',
  breaks:
    'CPU 0 takes a page out of the direct map. Nobody holds the kernel as a space, so nobody is told, and CPU 1 still reaches the page of the guest.',
  expects: ['I3', 'I11'],
  needs: {
    operations: ['touch', 'advise'],
    roles: [['touch'], ['advise']],
    isGuest: true,
    cpus: 2,
    pages: 1,
    operationCount: 1,
    ticks: 0,
    preempt: 'none',
    frames: 2,
  },
  foundWithin: 30,
}

export default plant(
  immediate,
  'kernel mappings are flushed where the space is held only',
  (host) => new Immediate(host, { ...ROUND_PARTS, Round: HoldersOnly }),
)

import immediate, { Immediate } from '../../strategies/immediate.js'
import { Round } from '../../strategies/shared/round.js'
import { ROUND_PARTS } from '../../strategies/shared/roundStrategy.js'
import { plant, type Defect } from '../defect.js'

class OthersOnly extends Round {
  protected override flushHere(): void {}
}

export const defect: Defect = {
  name: 'skips-self',
  trap: 'rule 8 of the contract',
  base: 'immediate',
  breaks: 'CPU 0 touches a page, takes it away and can still use it.',
  expects: ['I1', 'I2', 'I6', 'I11'],
  needs: {
    operations: ['advise'],
    roles: [['advise'], []],
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
  'the initiator does not flush itself',
  (host) => new Immediate(host, { ...ROUND_PARTS, Round: OthersOnly }),
)

import { Lazy, LAZY_PARTS } from '../../strategies/lazy.js'
import oneSweep, { OneSweepRing } from '../bases/oneSweep.js'
import { plant, type Defect } from '../defect.js'

class NeverFull extends OneSweepRing {
  override isFull(): boolean {
    return false
  }
}

export const defect: Defect = {
  name: 'ring-full-ignored',
  trap: '13',
  base: 'oneSweep',
  breaks:
    'The second operation overwrites the slot of the first, which CPU 1 has not swept. Both are settled when the second is.',
  expects: ['I1', 'I2', 'I11'],
  needs: {
    operations: ['advise'],
    roles: [['advise'], []],
    cpus: 2,
    pages: 2,
    operationCount: 2,
    ticks: 2,
    preempt: 'none',
    parameters: { ring: 1 },
  },
  foundWithin: 140,
}

export default plant(
  oneSweep,
  'writes on when its ring is full',
  (host) => new Lazy(host, { ...LAZY_PARTS, SweptRing: NeverFull }),
)

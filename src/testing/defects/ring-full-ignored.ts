import lazy, { Lazy, LAZY_PARTS } from '../../strategies/lazy.js'
import { SweptRing } from '../../strategies/shared/sweptRing.js'
import { plant, type Defect } from '../defect.js'

class NeverFull extends SweptRing {
  override isFull(): boolean {
    return false
  }
}

export const defect: Defect = {
  name: 'ring-full-ignored',
  trap: '13',
  base: 'lazy',
  breaks:
    'The second operation overwrites the slot of the first, which CPU 1 has not swept. Both are settled when the second is.',
  expects: ['I1', 'I2', 'I11'],
  needs: {
    operations: ['touch', 'advise'],
    cpus: 2,
    pages: 2,
    operationCount: 3,
    ticks: 4,
    preempt: 'none',
    parameters: { ring: 1 },
    frames: 1,
  },
}

export default plant(
  lazy,
  'writes on when its ring is full',
  (host) => new Lazy(host, { ...LAZY_PARTS, SweptRing: NeverFull }),
)

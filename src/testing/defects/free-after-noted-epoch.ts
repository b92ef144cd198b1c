import { reachedSerial } from '../../contract/change.js'
import type { Port } from '../../contract/port.js'
import lazy, { Lazy, LAZY_PARTS } from '../../strategies/lazy.js'
import { SweptRing, EPOCH as RING_EPOCH } from '../../strategies/shared/sweptRing.js'
import { plant, type Defect } from '../defect.js'

class FreesEarly extends SweptRing {
  protected override isSwept(cpu: Port, at: number, epoch: number): boolean {
    return reachedSerial(epoch, (cpu.load(at + RING_EPOCH) + 1) | 0)
  }
}

export const defect: Defect = {
  name: 'free-after-noted-epoch',
  trap: 'ADR 0007',
  base: 'lazy',
  breaks:
    'CPU 1 has counted its sweep of epoch E before CPU 0 publishes a slot in E. CPU 0 counts, the epoch is E + 1, the slot is free, and CPU 1 has never looked at it.',
  expects: ['I1', 'I2', 'I11'],
  needs: {
    operations: ['advise'],
    roles: [['advise'], []],
    cpus: 2,
    pages: 1,
    operationCount: 1,
    ticks: 2,
    preempt: 'none',
    parameters: { ring: 1 },
  },
  foundWithin: 40,
}

export default plant(
  lazy,
  'frees a slot one epoch after the one it noted',
  (host) => new Lazy(host, { ...LAZY_PARTS, SweptRing: FreesEarly }),
)

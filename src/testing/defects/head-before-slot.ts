import type { Port } from '../../contract/port.js'
import { Lazy, LAZY_PARTS } from '../../strategies/lazy.js'
import { HEAD as RING_HEAD } from '../../strategies/shared/sweptRing.js'
import oneSweep, { OneSweepRing } from '../bases/oneSweep.js'
import { plant, type Defect } from '../defect.js'

class HeadFirst extends OneSweepRing {
  protected override publish(
    cpu: Port,
    slot: number,
    space: number,
    first: number,
    pages: number,
    serial: number,
  ): void {
    cpu.store(this.ringOf(cpu.id) + RING_HEAD, (slot + 1) | 0)
    super.publish(cpu, slot, space, first, pages, serial)
  }
}

export const defect: Defect = {
  name: 'head-before-slot',
  trap: 'field/prototype.md 2: count after mask',
  base: 'oneSweep',
  breaks:
    'CPU 1 sweeps between head and slot, flushes what stood there before, and does not look at the slot again.',
  expects: ['I1', 'I2', 'I11'],
  needs: {
    operations: ['advise'],
    roles: [['advise'], []],
    cpus: 2,
    pages: 1,
    operationCount: 1,
    ticks: 2,
    preempt: 'hooks',
    parameters: { ring: 1 },
  },
  foundWithin: 2_000,
}

export default plant(
  oneSweep,
  'shows the slot before it is written',
  (host) => new Lazy(host, { ...LAZY_PARTS, SweptRing: HeadFirst }),
)

import type { Port } from '../../contract/port.js'
import lazy, { Lazy, LAZY_PARTS } from '../../strategies/lazy.js'
import { SweptRing, HEAD as RING_HEAD } from '../../strategies/shared/sweptRing.js'
import { plant, type Defect } from '../defect.js'

class HeadFirst extends SweptRing {
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
  base: 'lazy',
  breaks:
    'CPU 1 sweeps between head and slot, flushes what stood there before, and does not look at the slot again.',
  expects: ['I1', 'I2', 'I11'],
  needs: {
    operations: ['touch', 'advise'],
    cpus: 2,
    pages: 2,
    operationCount: 2,
    ticks: 4,
    preempt: 'hooks',
    parameters: { ring: 1 },
    frames: 1,
  },
}

export default plant(
  lazy,
  'shows the slot before it is written',
  (host) => new Lazy(host, { ...LAZY_PARTS, SweptRing: HeadFirst }),
)

import { reachedSerial } from '../../contract/change.js'
import type { Port } from '../../contract/port.js'
import lazy, { Lazy, LAZY_PARTS } from '../../strategies/lazy.js'
import { Holders } from '../../strategies/shared/holders.js'
import { SweptRing, EPOCH as RING_EPOCH } from '../../strategies/shared/sweptRing.js'
import { plant, type Defect } from '../defect.js'

class OwnTicks extends SweptRing {
  protected ticksWord(cpu: Port): number {
    // The cursor for the own ring, which nobody sweeps.
    return this.privates + 1 + cpu.id
  }

  override sweep(cpu: Port, holders: Holders): void {
    cpu.set(this.ticksWord(cpu), (cpu.get(this.ticksWord(cpu)) + 1) | 0)
    this.sweepAll(cpu, holders)
  }

  protected override noteEpoch(cpu: Port, slot: number): void {
    cpu.store(this.slotWord(cpu.id, slot) + RING_EPOCH, cpu.get(this.ticksWord(cpu)))
  }

  protected override isSwept(cpu: Port, at: number): boolean {
    return reachedSerial(cpu.get(this.ticksWord(cpu)), (cpu.load(at + RING_EPOCH) + 3) | 0)
  }
}

export const defect: Defect = {
  name: 'two-ticks-by-time',
  trap: '1',
  base: 'lazy',
  breaks:
    'The released LATR counts its own ticks. CPU 1 is late with its tick; CPU 0 ticks three times, frees the frame, and CPU 1 still has the entry.',
  expects: ['I1', 'I2', 'I11'],
  needs: {
    operations: ['advise'],
    roles: [['advise'], []],
    cpus: 2,
    pages: 1,
    operationCount: 1,
    ticks: 3,
    preempt: 'none',
    parameters: { ring: 1 },
  },
  foundWithin: 210,
}

export default plant(
  lazy,
  'frees a slot after three ticks of its owner',
  (host) => new Lazy(host, { ...LAZY_PARTS, SweptRing: OwnTicks }),
)

import type { Port } from '../../contract/port.js'
import { Lazy, LAZY_PARTS } from '../../strategies/lazy.js'
import oneSweep, { OneSweepRing } from '../bases/oneSweep.js'
import { plant, type Defect } from '../defect.js'

class NotesFirst extends OneSweepRing {
  protected override publish(
    cpu: Port,
    slot: number,
    space: number,
    first: number,
    pages: number,
    serial: number,
  ): void {
    super.noteEpoch(cpu, slot)
    super.publish(cpu, slot, space, first, pages, serial)
  }

  protected override noteEpoch(): void {}
}

export const defect: Defect = {
  name: 'epoch-before-publication',
  trap: 'ADR 0007',
  base: 'oneSweep',
  breaks:
    'CPU 0 notes epoch E and is slow. The others sweep three times. CPU 0 publishes a slot that is free at once and that nobody has seen.',
  expects: ['I1', 'I2', 'I11'],
  needs: {
    operations: ['touch', 'advise'],
    cpus: 2,
    pages: 1,
    operationCount: 2,
    ticks: 4,
    preempt: 'hooks',
    parameters: { ring: 1 },
    frames: 1,
    awaits:
      'ticks of other CPUs, and own sweeps, while a hook of the owner is preempted: the owner counts too',
  },
}

export default plant(
  oneSweep,
  'notes the epoch before the slot is published',
  (host) => new Lazy(host, { ...LAZY_PARTS, SweptRing: NotesFirst }),
)

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
    'CPU 0 notes epoch E and is slow. CPU 1 sweeps in E and in E + 1. CPU 0 publishes the slot and sweeps, the epoch is E + 2, and CPU 1 has never looked at it.',
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
  foundWithin: 790,
}

export default plant(
  oneSweep,
  'notes the epoch before the slot is published',
  (host) => new Lazy(host, { ...LAZY_PARTS, SweptRing: NotesFirst }),
)

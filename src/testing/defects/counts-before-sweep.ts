import type { Port } from '../../contract/port.js'
import { Lazy, LAZY_PARTS } from '../../strategies/lazy.js'
import { Holders } from '../../strategies/shared/holders.js'
import oneSweep, { OneSweepRing } from '../bases/oneSweep.js'
import { plant, type Defect } from '../defect.js'

class CountsFirst extends OneSweepRing {
  override sweep(cpu: Port, holders: Holders): void {
    this.countSweep(cpu, cpu.load(this.epoch.base))
    this.sweepAll(cpu, holders)
  }
}

export const defect: Defect = {
  name: 'counts-before-sweep',
  trap: '2',
  base: 'oneSweep',
  breaks:
    'CortenMM clears its own bit before the flush. CPU 1 counts its sweep; CPU 0 sees the last count, frees the slot and its frame; CPU 1 still has the entry.',
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
  foundWithin: 14_000,
}

export default plant(
  oneSweep,
  'a CPU reports its sweep before it flushes',
  (host) => new Lazy(host, { ...LAZY_PARTS, SweptRing: CountsFirst }),
)

import { OwnTableRound } from '../../strategies/shared/ownTableRound.js'
import radixvm, { RadixVm, RADIXVM_PARTS } from '../../strategies/radixvm.js'
import { plant, type Defect } from '../defect.js'

class KeepsOwnEntry extends OwnTableRound {
  protected override dropOwn(): void {}
}

export const defect: Defect = {
  name: 'keeps-own-entry',
  trap: 'Clements, EuroSys 2013: each CPU clears its own table, then its TLB',
  base: 'radixvm',
  breaks:
    'CPU 0 takes the page away, and CPU 1 drops it from its TLB only. CPU 0 faults the page in again, and CPU 1, in no set any more, walks to it without a fault. CPU 0 takes it away again and tells nobody.',
  expects: ['I1', 'I2', 'I6', 'I11'],
  needs: {
    operations: ['advise', 'touch'],
    roles: [['advise', 'touch'], []],
    cpus: 2,
    pages: 1,
    operationCount: 3,
    ticks: 0,
    preempt: 'none',
  },
  foundWithin: 30,
}

export default plant(
  radixvm,
  'nobody drops pages from its own table, only from its TLB',
  (host) => new RadixVm(host, { ...RADIXVM_PARTS, Round: KeepsOwnEntry }),
)

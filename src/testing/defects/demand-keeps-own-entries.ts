import type { Port } from '../../contract/port.js'
import { WHOLE_SPACE } from '../../strategies/shared/round.js'
import { OwnTableRound } from '../../strategies/shared/ownTableRound.js'
import radixvm, { RadixVm, RADIXVM_PARTS } from '../../strategies/radixvm.js'
import { plant, type Defect } from '../defect.js'

class KeepsOwnEntries extends OwnTableRound {
  protected override dropOwn(cpu: Port, firstPage: number, pageCount: number): void {
    if (pageCount !== WHOLE_SPACE) super.dropOwn(cpu, firstPage, pageCount)
  }
}

export const defect: Defect = {
  name: 'demand-keeps-own-entries',
  trap: 'the explorer, on a draft of radixvm',
  base: 'radixvm',
  breaks:
    "CPU 0 takes a page away in a batch and has its sharers in hand. CPU 1 demands that, and all TLBs are flushed, but the tables keep the page. CPU 1 faults it in, CPU 0 walks to it without a fault, and CPU 1 takes it away again: CPU 0 is in nobody's set.",
  expects: ['I1', 'I2', 'I6', 'I11'],
  needs: {
    operations: ['advise', 'touch', 'batch'],
    roles: [
      ['advise', 'batch'],
      ['advise', 'touch'],
    ],
    cpus: 2,
    pages: 1,
    operationCount: 2,
    ticks: 0,
    preempt: 'none',
    frames: 2,
  },
  foundWithin: 760,
}

export default plant(
  radixvm,
  'the round of a demand flushes all TLBs and clears no table',
  (host) => new RadixVm(host, { ...RADIXVM_PARTS, Round: KeepsOwnEntries }),
)

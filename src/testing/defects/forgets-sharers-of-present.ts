import type { CpuSet, Port } from '../../contract/port.js'
import { Sharers } from '../../strategies/shared/sharers.js'
import radixvm, { RadixVm, RADIXVM_PARTS } from '../../strategies/radixvm.js'
import { plant, type Defect } from '../defect.js'

class ForgetsAll extends Sharers {
  override gather(cpu: Port, entry: number, into: CpuSet): void {
    super.gather(cpu, entry, into, true)
  }
}

export const defect: Defect = {
  name: 'forgets-sharers-of-present',
  trap: 'radixvm, Why it is safe',
  base: 'radixvm',
  breaks:
    'CPU 0 write-protects a page in a batch and takes its sharers out of the set. CPU 1 takes the page away, finds nobody in the set, and claims that settled while CPU 0 still has it.',
  expects: ['I1', 'I2', 'I6', 'I11'],
  needs: {
    operations: ['advise', 'protect', 'batch'],
    roles: [['protect', 'batch'], ['advise']],
    cpus: 2,
    pages: 1,
    operationCount: 2,
    ticks: 0,
    preempt: 'none',
  },
  foundWithin: 320,
}

export default plant(
  radixvm,
  'takes the sharers of an entry out of its set although the page stays',
  (host) => new RadixVm(host, { ...RADIXVM_PARTS, Sharers: ForgetsAll }),
)

import opensbi, { OpensbiFifo } from '../../strategies/opensbi-fifo.js'
import { MergingFifos } from '../../strategies/shared/mergingFifos.js'
import { plant, type Defect } from '../defect.js'

class NeverFull extends MergingFifos {
  protected override isFull(): boolean {
    return false
  }
}

export const defect: Defect = {
  name: 'queue-full-ignored',
  trap: '13',
  base: 'opensbi-fifo',
  breaks:
    'CPU 0 and CPU 1 ask CPU 2. The second request overwrites the first: CPU 2 flushes the second page twice, and the sender of the first is never told or told for nothing.',
  expects: ['I1', 'I2', 'I6', 'I11', 'I8'],
  needs: {
    operations: ['advise'],
    roles: [['advise'], ['advise'], []],
    cpus: 3,
    pages: 2,
    operationCount: 1,
    ticks: 0,
    preempt: 'none',
    parameters: { slots: 1 },
  },
  foundWithin: 20,
}

export default plant(opensbi, 'puts a request into a full queue', (host) => new OpensbiFifo(host, NeverFull))

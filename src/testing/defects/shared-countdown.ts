import opensbi, { OpensbiFifo } from '../../strategies/opensbi-fifo.js'
import { MergingFifos } from '../../strategies/shared/mergingFifos.js'
import { plant, type Defect } from '../defect.js'

class OneWord extends MergingFifos {
  protected override leftOf(): number {
    return this.request.base
  }
}

export const defect: Defect = {
  name: 'shared-countdown',
  trap: 'rule 5 of the contract',
  base: 'opensbi-fifo',
  breaks:
    'seL4 has one slot under one lock. Without the lock CPU 1 arms the word while CPU 0 waits for it: CPU 0 waits for the acknowledgements of CPU 1, or goes on with one of them.',
  expects: ['I1', 'I2', 'I6', 'I11', 'I8'],
  needs: {
    operations: ['advise'],
    cpus: 2,
    pages: 2,
    operationCount: 1,
    ticks: 0,
    preempt: 'none',
  },
  foundWithin: 80,
}

export default plant(opensbi, 'all senders count down one word', (host) => new OpensbiFifo(host, OneWord))

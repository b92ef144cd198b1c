import queues, { QueueStrategy } from '../bases/queues.js'
import { plant, type Defect } from '../defect.js'
import { Queues } from '../bases/shared/queues.js'

class OneWord extends Queues {
  override leftOf(): number {
    return this.left.base
  }
}

export const defect: Defect = {
  name: 'shared-countdown',
  trap: 'rule 5 of the contract',
  base: 'queues',
  breaks:
    'seL4 has one slot under one lock. Without the lock CPU 2 arms the word while CPU 0 waits for it: CPU 0 waits for the acknowledgements of CPU 2, or goes on with one of them.',
  expects: ['I1', 'I2', 'I6', 'I11', 'I8'],
  needs: {
    operations: ['touch', 'advise'],
    cpus: 3,
    pages: 2,
    operationCount: 2,
    ticks: 0,
    preempt: 'none',
  },
}

export default plant(queues, 'all senders count down one word', (host) => new QueueStrategy(host, OneWord))

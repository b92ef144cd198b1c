import queues, { QueueStrategy } from '../bases/queues.js'
import { plant, type Defect } from '../defect.js'
import { Queues } from '../bases/shared/queues.js'

class NeverFull extends Queues {
  protected override isFull(): boolean {
    return false
  }
}

export const defect: Defect = {
  name: 'queue-full-ignored',
  trap: '13',
  base: 'queues',
  breaks:
    'CPU 0 and CPU 2 ask CPU 1. The second request overwrites the first: CPU 1 flushes the second page twice, and the sender of the first is never told or told for nothing.',
  expects: ['I1', 'I2', 'I6', 'I11', 'I8'],
  needs: {
    operations: ['touch', 'advise'],
    cpus: 3,
    pages: 2,
    operationCount: 2,
    ticks: 0,
    preempt: 'none',
    parameters: { slots: 1 },
  },
}

export default plant(queues, 'puts a request into a full queue', (host) => new QueueStrategy(host, NeverFull))

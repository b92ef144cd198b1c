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

export default plant(queues, 'puts a request into a full queue', (host) => new QueueStrategy(host, NeverFull))

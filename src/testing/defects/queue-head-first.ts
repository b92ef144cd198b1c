import type { Port } from '../../contract/port.js'
import queues, { QueueStrategy } from '../bases/queues.js'
import { plant, type Defect } from '../defect.js'
import { Queues } from '../bases/shared/queues.js'

class HeadFirst extends Queues {
  protected override append(
    cpu: Port,
    queue: number,
    head: number,
    space: number,
    first: number,
    pages: number,
  ): void {
    this.show(cpu, queue, head)
    this.fill(cpu, this.slotAt(queue, head), space, first, pages)
  }
}

export const defect: Defect = {
  name: 'queue-head-first',
  trap: 'field/prototype.md 2: count after mask',
  base: 'queues',
  breaks: 'CPU 1 is in its handler, sees the new head and serves the request that stood in the slot before.',
  expects: ['I1', 'I2', 'I6', 'I11', 'I8'],
  needs: {
    operations: ['advise'],
    roles: [['advise'], []],
    cpus: 2,
    pages: 2,
    operationCount: 2,
    ticks: 0,
    preempt: 'hooks',
    parameters: { slots: 1 },
  },
  foundWithin: 490,
}

export default plant(
  queues,
  'shows a request before it is written',
  (host) => new QueueStrategy(host, HeadFirst),
)

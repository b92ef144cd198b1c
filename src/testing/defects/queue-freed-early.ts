import type { Port } from '../../contract/port.js'
import queues, { QueueStrategy } from '../bases/queues.js'
import { plant, type Defect } from '../defect.js'
import { Queues } from '../bases/shared/queues.js'

class FreesEarly extends Queues {
  protected override serveSlot(cpu: Port, queue: number, tail: number): void {
    super.free(cpu, queue, tail)
    super.serveSlot(cpu, queue, tail)
  }

  protected override free(): void {}
}

export const defect: Defect = {
  name: 'queue-freed-early',
  trap: '13',
  base: 'queues',
  breaks:
    'CPU 2 moves its tail on. CPU 1 puts its request into the slot that CPU 2 is about to read: the request of CPU 0 is lost.',
  expects: ['I1', 'I2', 'I6', 'I11', 'I8'],
  needs: {
    operations: ['advise'],
    roles: [['advise'], ['advise'], []],
    cpus: 3,
    pages: 2,
    operationCount: 1,
    ticks: 0,
    preempt: 'hooks',
    parameters: { slots: 1 },
  },
  foundWithin: 170,
}

export default plant(
  queues,
  'frees a slot before it has read it',
  (host) => new QueueStrategy(host, FreesEarly),
)

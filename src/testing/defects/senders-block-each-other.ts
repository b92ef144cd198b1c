import type { Port } from '../../contract/port.js'
import { DONE, AGAIN } from '../../contract/ticket.js'
import queues, { QueueStrategy } from '../bases/queues.js'
import { plant, type Defect } from '../defect.js'

class BlockedSender extends QueueStrategy {
  override interrupted(cpu: Port): typeof DONE | typeof AGAIN {
    return cpu.get(this.privates.isSending) === 0 ? super.interrupted(cpu) : AGAIN
  }
}

export const defect: Defect = {
  name: 'senders-block-each-other',
  trap: '14',
  base: 'queues',
  breaks:
    'OpenSBI drains its own queue while it waits for room. Without: CPU 0 and CPU 1 find the queue of the other full, filled by CPU 2, and wait in their handlers for ever.',
  expects: ['I8'],
  needs: {
    operations: ['advise'],
    cpus: 3,
    pages: 2,
    operationCount: 1,
    ticks: 0,
    preempt: 'none',
    parameters: { slots: 1 },
  },
  foundWithin: 1_900,
}

export default plant(queues, 'drains no queue while it is sending', (host) => new BlockedSender(host))

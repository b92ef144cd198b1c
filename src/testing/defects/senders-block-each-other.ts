import type { Port } from '../../contract/port.js'
import { DONE, AGAIN } from '../../contract/ticket.js'
import opensbi, { OpensbiFifo } from '../../strategies/opensbi-fifo.js'
import { plant, type Defect } from '../defect.js'

class BlockedSender extends OpensbiFifo {
  override interrupted(cpu: Port): typeof DONE | typeof AGAIN {
    return this.fifos.isSending(cpu) ? AGAIN : super.interrupted(cpu)
  }
}

export const defect: Defect = {
  name: 'senders-block-each-other',
  trap: '14',
  base: 'opensbi-fifo',
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

export default plant(opensbi, 'drains no queue while it is sending', (host) => new BlockedSender(host))

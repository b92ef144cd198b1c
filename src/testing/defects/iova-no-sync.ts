import type { Port } from '../../contract/port.js'
import type { Ticket } from '../../contract/ticket.js'
import iovaQueue, { IovaQueue } from '../../strategies/iova-queue.js'
import { plant, type Defect } from '../defect.js'

class NoSync extends IovaQueue {
  protected override flush(cpu: Port, purpose: number): Ticket {
    super.flush(cpu, purpose)
    return this.resumed(cpu)
  }
}

export const defect: Defect = {
  name: 'iova-no-sync',
  trap: '1',
  base: 'iova-queue',
  breaks: 'The flush counts as finished when its command is queued; the device still has what it cached.',
  expects: ['I1', 'I2', 'I11'],
  needs: {
    operations: ['dma'],
    cpus: 2,
    pages: 1,
    operationCount: 3,
    ticks: 0,
    preempt: 'none',
    frames: 4,
    parameters: { ring: 2 },
  },
  foundWithin: 40,
}

export default plant(iovaQueue, 'queues the command and does not wait', (host) => new NoSync(host))

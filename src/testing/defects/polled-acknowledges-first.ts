import type { Port } from '../../contract/port.js'
import poll, { Poll, PolledRound } from '../../strategies/poll.js'
import { COUNT, FIRST, flush, SPACE } from '../../strategies/shared/round.js'
import { plant, type Defect } from '../defect.js'

class AcknowledgesFirst extends PolledRound {
  protected override serveOne(cpu: Port, initiator: number): void {
    // Read before the answer: after it the request may be another one.
    const at = this.requestOf(initiator)
    const [space, first, pages] = [cpu.load(at + SPACE), cpu.load(at + FIRST), cpu.load(at + COUNT)]
    this.acknowledge(cpu, initiator)
    flush(cpu, space, first, pages, 1)
  }
}

export const defect: Defect = {
  name: 'polled-acknowledges-first',
  trap: '6',
  base: 'poll',
  breaks:
    'CPU 0 looks, answers and has not flushed; CPU 1 gives the table page another use; a speculative walk of CPU 0 reads the new content as an entry.',
  expects: ['I4', 'I11'],
  needs: {
    operations: ['remap', 'populate'],
    roles: [[], ['remap', 'populate']],
    cpus: 2,
    pages: 1,
    operationCount: 3,
    ticks: 0,
    preempt: 'hooks',
    frames: 3,
    freesTables: true,
  },
  foundWithin: 500,
}

export default plant(
  poll,
  'a look answers before it flushes, whatever is owed',
  (host) => new Poll(host, AcknowledgesFirst),
)

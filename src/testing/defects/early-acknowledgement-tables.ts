import { KERNEL_SPACE } from '../../contract/page.js'
import type { Port } from '../../contract/port.js'
import immediate, { Immediate } from '../../strategies/immediate.js'
import { Round, flush, SPACE, FIRST, COUNT } from '../../strategies/shared/round.js'
import { ROUND_PARTS } from '../../strategies/shared/roundStrategy.js'
import { plant, type Defect } from '../defect.js'

class EarlyUserAcknowledgement extends Round {
  protected override serveOne(cpu: Port, initiator: number): void {
    const at = this.requestOf(initiator)
    const space = cpu.load(at + SPACE)
    if (space === KERNEL_SPACE) {
      super.serveOne(cpu, initiator)
      return
    }
    const first = cpu.load(at + FIRST)
    const pages = cpu.load(at + COUNT)
    this.acknowledge(cpu, initiator)
    flush(cpu, space, first, pages, 1)
  }
}

export const defect: Defect = {
  name: 'early-acknowledgement-tables',
  trap: '6',
  base: 'immediate',
  breaks:
    'CPU 0 acknowledges and has not flushed; CPU 1 gives the table page another use; a speculative walk of CPU 0 reads the new content as an entry.',
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
  foundWithin: 5000,
}

export default plant(
  immediate,
  'acknowledges user pages early although table pages are freed',
  (host) => new Immediate(host, { ...ROUND_PARTS, Round: EarlyUserAcknowledgement }),
)

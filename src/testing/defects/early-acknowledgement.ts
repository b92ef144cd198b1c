import type { Port } from '../../contract/port.js'
import immediate, { Immediate } from '../../strategies/immediate.js'
import { Round, flush, SPACE, FIRST, COUNT } from '../../strategies/shared/round.js'
import { ROUND_PARTS } from '../../strategies/shared/roundStrategy.js'
import { plant, type Defect } from '../defect.js'

class EarlyAcknowledgement extends Round {
  protected override serveOne(cpu: Port, initiator: number): void {
    const at = this.requestOf(initiator)
    const space = cpu.load(at + SPACE)
    const first = cpu.load(at + FIRST)
    const pages = cpu.load(at + COUNT)
    this.acknowledge(cpu, initiator)
    flush(cpu, space, first, pages, 1)
  }
}

export const defect: Defect = {
  name: 'early-acknowledgement',
  trap: '6',
  base: 'immediate',
  breaks:
    'Legal for user pages, which a handler cannot use. A page of the direct map it can: CPU 0 is acknowledged and exposes the page while CPU 1, still in the handler, reaches it.',
  expects: ['I3', 'I11'],
  needs: {
    operations: ['touch', 'advise'],
    roles: [['touch'], ['advise']],
    isGuest: true,
    cpus: 2,
    pages: 1,
    operationCount: 1,
    ticks: 0,
    preempt: 'hooks',
    frames: 2,
  },
  foundWithin: 200,
}

export default plant(
  immediate,
  'acknowledges before it flushes, kernel mappings too',
  (host) => new Immediate(host, { ...ROUND_PARTS, Round: EarlyAcknowledgement }),
)

import { DONE, type Ticket } from '../../contract/ticket.js'
import arm64 from '../../strategies/arm64-tlbi.js'
import { TlbiStrategy } from '../../strategies/shared/tlbiStrategy.js'
import { plant, type Defect } from '../defect.js'

class KeepsDeadSpace extends TlbiStrategy {
  override retired(): Ticket {
    return DONE
  }
}

export const defect: Defect = {
  name: 'keeps-dead-space',
  trap: 'Linux arch/x86/mm/tlb.c: ctx_id is never used again',
  base: 'arm64-tlbi',
  breaks:
    'CPU 1 caches a page and leaves the space, whose process exits; no flush, by the rule for that. CPU 1 loads the next process with the same number, and under the same tag finds the page of the dead one.',
  expects: ['I7'],
  needs: {
    operations: ['switch', 'teardown'],
    cpus: 2,
    pages: 1,
    operationCount: 2,
    ticks: 0,
    preempt: 'none',
    parameters: { skipTorn: 1 },
  },
  foundWithin: 100,
}

export default plant(
  arm64,
  'the next process under the number of a dead one finds what was cached for that',
  (host) => new KeepsDeadSpace(host),
)

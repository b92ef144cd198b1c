import { KERNEL_SPACE } from '../../contract/page.js'
import type { Port } from '../../contract/port.js'
import type { Demand } from '../../contract/strategy.js'
import type { Ticket } from '../../contract/ticket.js'
import { WHOLE_SPACE } from '../../strategies/shared/round.js'
import arm64Tlbi from '../../strategies/arm64-tlbi.js'
import { TlbiStrategy } from '../../strategies/shared/tlbiStrategy.js'
import { plant, type Defect } from '../defect.js'

class NotesAfterBroadcast extends TlbiStrategy {
  override demanded(cpu: Port, demand: Demand): Ticket {
    this.broadcast(cpu, KERNEL_SPACE, 0, WHOLE_SPACE)
    this.noted.noteAll(cpu, demand)
    return this.sync(cpu)
  }
}

export const defect: Defect = {
  name: 'notes-after-broadcast',
  trap: 'contract: issued is read first, THEN flushed',
  base: 'arm64-tlbi',
  breaks:
    'CPU 1 answers a demand for changes of CPU 0: it broadcasts, and every CPU has dropped everything. CPU 0 caches a second page and changes its entry, in the batch that is still open. CPU 1 reads the serial and settles that change as well.',
  expects: ['I1', 'I2', 'I6', 'I11'],
  needs: {
    operations: ['batch', 'advise', 'touch'],
    roles: [['batch', 'advise'], ['touch']],
    cpus: 2,
    pages: 2,
    operationCount: 3,
    ticks: 0,
    preempt: 'hooks',
    frames: 3,
  },
  foundWithin: 15_000,
}

export default plant(
  arm64Tlbi,
  'reads what a demand is to settle after its broadcast has gone out',
  (host) => new NotesAfterBroadcast(host),
)

import type { Change } from '../../contract/change.js'
import { BINDING } from '../../contract/obligation.js'
import type { Operation } from '../../contract/operation.js'
import type { Port } from '../../contract/port.js'
import { DONE, type Ticket } from '../../contract/ticket.js'
import arm64Tlbi from '../../strategies/arm64-tlbi.js'
import { TlbiStrategy } from '../../strategies/shared/tlbiStrategy.js'
import { plant, type Defect } from '../defect.js'

class BroadcastsBeforeWrite extends TlbiStrategy {
  changing(cpu: Port, change: Change): Ticket {
    if ((change.obligations & BINDING) !== 0)
      this.broadcast(cpu, change.space, change.firstPage, change.pageCount)
    return DONE
  }

  override changed(): Ticket {
    return DONE
  }

  override finished(cpu: Port, operation: Operation): Ticket {
    if (operation.depth > 0) return DONE
    this.noted.clear(cpu)
    this.noted.note(cpu, cpu.id)
    return this.sync(cpu)
  }
}

export const defect: Defect = {
  name: 'broadcast-before-write',
  trap: 'Linux broadcast_tlb_flush: the page table is updated before the flush begins',
  base: 'arm64-tlbi',
  breaks:
    'CPU 0 broadcasts and CPU 1 drops the page. CPU 1 caches it again. CPU 0 writes the entry, and the sync finds everything delivered.',
  expects: ['I1', 'I2', 'I6', 'I11', 'I3'],
  needs: {
    operations: ['advise'],
    roles: [['advise'], []],
    cpus: 2,
    pages: 1,
    operationCount: 1,
    ticks: 0,
    preempt: 'none',
  },
  foundWithin: 30,
}

export default plant(
  arm64Tlbi,
  'broadcasts before the entry is written',
  (host) => new BroadcastsBeforeWrite(host),
)

import type { Change } from '../../contract/change.js'
import type { Port } from '../../contract/port.js'
import { DONE, type Ticket } from '../../contract/ticket.js'
import mermap, { Mermap } from '../../strategies/mermap.js'
import { plant, type Defect } from '../defect.js'

class FlushesFirst extends Mermap {
  changing(cpu: Port, change: Change): Ticket {
    cpu.invalidate(change.space, change.firstPage, change.pageCount, 1)
    return DONE
  }

  protected override flushPut(): void {}
}

export const defect: Defect = {
  name: 'put-flushed-early',
  trap: 'order of kernel_unmap_range_noflush and flush in the prototype of mermap_put',
  base: 'mermap',
  breaks:
    'CPU 0 puts a page: it flushes, speculation walks to the entry that is still there, then the entry is cleared. The address is dealt out again.',
  expects: ['I2', 'I11'],
  needs: {
    operations: ['window'],
    roles: [['window'], []],
    cpus: 2,
    pages: 1,
    operationCount: 3,
    ticks: 0,
    preempt: 'none',
    parameters: { flushOn: 1 },
  },
  foundWithin: 20,
}

export default plant(
  mermap,
  'flushes a page of the window before its entry is cleared',
  (host) => new FlushesFirst(host),
)

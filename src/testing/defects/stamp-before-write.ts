import type { StrategyHost, StrategyModule } from '../../contract/strategy.js'
import type { Change } from '../../contract/change.js'
import type { Port } from '../../contract/port.js'
import { type Ticket, DONE } from '../../contract/ticket.js'
import xen, { type XenPrivates, XenTimestamp, type XenWords } from '../../strategies/xen-timestamp.js'
import type { Defect } from '../defect.js'

class EarlyStamp extends XenTimestamp {
  readonly #stamp: number

  constructor(host: StrategyHost<XenWords, EarlyPrivates>) {
    super(host)
    this.#stamp = host.privates.stamp
  }

  changing(cpu: Port): Ticket {
    cpu.set(this.#stamp, this.clock.now(cpu))
    return DONE
  }

  override changed(cpu: Port, change: Change): Ticket {
    const ticket = super.changed(cpu, change)
    change.tag = cpu.get(this.#stamp)
    return ticket
  }
}

type EarlyPrivates = XenPrivates | 'stamp'

export const defect: Defect = {
  name: 'stamp-before-write',
  trap: 'ADR 0002, xen-timestamp',
  base: 'xen-timestamp',
  breaks:
    'CPU 0 reads stamp 5. CPU 1 flushes at 6 and caches the entry again, which is still there. CPU 0 writes it. 6 is later than 5.',
  expects: ['I1', 'I2', 'I11'],
  needs: {
    operations: ['advise', 'touch'],
    cpus: 2,
    pages: 1,
    operationCount: 2,
    ticks: 0,
    preempt: 'none',
  },
  foundWithin: 710,
}

export default {
  ...xen,
  summary: 'a planted defect: the stamp is read before the entry is written',
  source: 'none',
  privateWords: (shape) => ({ ...xen.privateWords(shape), stamp: 1 }),
  create: (host) => new EarlyStamp(host),
} satisfies StrategyModule<XenWords, EarlyPrivates>

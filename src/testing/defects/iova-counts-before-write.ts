import { BINDING } from '../../contract/obligation.js'
import type { Change } from '../../contract/change.js'
import type { Port } from '../../contract/port.js'
import { DONE, type Ticket } from '../../contract/ticket.js'
import type { StrategyHost, StrategyModule } from '../../contract/strategy.js'
import iovaQueue, {
  IovaQueue,
  type IovaQueuePrivates,
  type IovaQueueWords,
} from '../../strategies/iova-queue.js'
import type { Defect } from '../defect.js'

class CountsBeforeWrite extends IovaQueue {
  readonly #early: number

  constructor(host: StrategyHost<IovaQueueWords, IovaQueuePrivates | 'early'>) {
    super(host)
    this.#early = host.privates.early
  }

  changing(cpu: Port): Ticket {
    cpu.set(this.#early, this.counters.stamp(cpu))
    return DONE
  }

  override changed(cpu: Port, change: Change): Ticket {
    const ticket = super.changed(cpu, change)
    if ((change.obligations & BINDING) !== 0) change.tag = cpu.get(this.#early)
    return ticket
  }
}

export const defect: Defect = {
  name: 'iova-counts-before-write',
  trap: 'Linux drivers/iommu/dma-iommu.c, queue_iova: the barrier between the page table and the counter',
  base: 'iova-queue',
  breaks:
    'CPU 0 reads the counter and then takes the entry away. CPU 1 begins and ends a flush in between, which counts for the entry.',
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
  foundWithin: 220,
}

export default {
  ...iovaQueue,
  summary: 'a planted defect: notes how many flushes have begun before the entry is written',
  source: 'none',
  privateWords: (shape) => ({ ...iovaQueue.privateWords(shape), early: 1 }),
  create: (host) => new CountsBeforeWrite(host),
} satisfies StrategyModule<IovaQueueWords, IovaQueuePrivates | 'early'>

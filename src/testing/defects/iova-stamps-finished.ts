import type { Port } from '../../contract/port.js'
import iovaQueue, { IOVA_QUEUE_PARTS, IovaQueue } from '../../strategies/iova-queue.js'
import { FlushCounters } from '../../strategies/shared/flushCounters.js'
import { plant, type Defect } from '../defect.js'

class StampsFinished extends FlushCounters {
  override stamp(cpu: Port): number {
    return cpu.load(this.finished)
  }
}

export const defect: Defect = {
  name: 'iova-stamps-finished',
  trap: 'Linux drivers/iommu/dma-iommu.c, fq_flush_start_cnt: why there are two counters',
  base: 'iova-queue',
  breaks:
    'CPU 1 has queued its flush when CPU 0 takes an entry away and notes how many are finished. One more is when that flush ends, which began too early.',
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
  foundWithin: 300,
}

export default plant(
  iovaQueue,
  'notes how many flushes are finished, not how many have begun',
  (host) => new IovaQueue(host, { ...IOVA_QUEUE_PARTS, FlushCounters: StampsFinished }),
)

import type { Port } from '../../contract/port.js'
import xen, { XenTimestamp } from '../../strategies/xen-timestamp.js'
import { plant, type Defect } from '../defect.js'
import { FlushClock } from '../../strategies/shared/stampRound.js'

class WrappingClock extends FlushClock {
  protected override wrap(cpu: Port): void {
    cpu.store(this.word(0), 0)
  }

  override passWrap(): void {}
}

export const defect: Defect = {
  name: 'wrap-ignored',
  trap: '9, 22',
  base: 'xen-timestamp',
  breaks:
    'CPU 1 caches a page at time 1. CPU 0 takes it away with stamp 2. The clock wraps to 1: the stamp lies in the future, and nobody needs to flush.',
  expects: ['I1', 'I2', 'I11'],
  needs: {
    operations: ['advise', 'touch'],
    cpus: 2,
    pages: 1,
    operationCount: 2,
    ticks: 0,
    preempt: 'none',
    parameters: { wrap: 4 },
  },
  foundWithin: 840,
}

export default plant(
  xen,
  'the clock wraps to 1 and nobody flushes',
  (host) => new XenTimestamp(host, WrappingClock),
)

import xen, { XenTimestamp } from '../../strategies/xen-timestamp.js'
import { plant, type Defect } from '../defect.js'
import { FlushClock } from '../../strategies/shared/stampRound.js'

class LessClock extends FlushClock {
  protected override isOlder(time: number, stamp: number): boolean {
    return time < stamp
  }
}

export const defect: Defect = {
  name: 'stamp-less',
  trap: '9',
  base: 'xen-timestamp',
  breaks:
    'CPU 1 flushes at tick 5 and then caches the page. CPU 0 takes it away with stamp 5. Xen asks <=; with < CPU 1 is passed over.',
  expects: ['I1', 'I2', 'I11'],
  needs: {
    operations: ['advise', 'touch'],
    roles: [['advise', 'touch'], []],
    cpus: 2,
    pages: 1,
    operationCount: 2,
    ticks: 0,
    preempt: 'none',
  },
  foundWithin: 30,
}

export default plant(
  xen,
  'a CPU whose time equals the stamp is taken to have flushed since',
  (host) => new XenTimestamp(host, LessClock),
)

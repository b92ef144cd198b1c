import type { Port } from '../../contract/port.js'
import xen, { XenTimestamp } from '../../strategies/xen-timestamp.js'
import { plant, type Defect } from '../defect.js'
import { FlushClock } from '../../strategies/shared/stampRound.js'

class LateTick extends FlushClock {
  override flush(cpu: Port): void {
    cpu.invalidateAll()
    const tick = this.tick(cpu)
    this.note(cpu, tick)
    if (tick === 0) this.passWrap(cpu)
  }
}

export const defect: Defect = {
  name: 'tick-after-flush',
  trap: '9',
  base: 'xen-timestamp',
  breaks:
    'CPU 0 flushes, then speculation caches the page again. CPU 1 takes it away and stamps it 5. CPU 0 ticks to 6, which is later than the stamp.',
  expects: ['I1', 'I2', 'I11'],
  needs: {
    operations: ['switch', 'advise', 'touch'],
    roles: [['switch'], ['advise', 'touch']],
    cpus: 2,
    pages: 1,
    operationCount: 2,
    ticks: 0,
    preempt: 'hooks',
  },
  foundWithin: 13_000,
}

export default plant(xen, 'ticks after the flush', (host) => new XenTimestamp(host, LateTick))

import type { Port } from '../../contract/port.js'
import stamps, { StampStrategy } from '../bases/stamps.js'
import { plant, type Defect } from '../defect.js'
import { FlushClock } from '../bases/shared/stampRound.js'

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
  base: 'stamps',
  breaks:
    'CPU 1 flushes, then speculation caches the page again. CPU 0 takes it away and stamps it 5. CPU 1 ticks to 6, which is later than the stamp.',
  expects: ['I1', 'I2'],
  needs: {
    operations: ['touch', 'advise', 'switch'],
    cpus: 2,
    pages: 2,
    operationCount: 2,
    ticks: 0,
    preempt: 'hooks',
    frames: 1,
  },
}

export default plant(stamps, 'ticks after the flush', (host) => new StampStrategy(host, LateTick))

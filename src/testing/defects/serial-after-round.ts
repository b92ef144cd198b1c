import type { Port } from '../../contract/port.js'
import lazy, { Lazy, LAZY_PARTS } from '../../strategies/lazy.js'
import { Fallback } from '../../strategies/shared/fallback.js'
import { plant, type Defect } from '../defect.js'

class LateFallback extends Fallback {
  override finish(cpu: Port): void {
    const owners = cpu.get(this.at)
    for (let i = 0; i < owners; i++) {
      const owner = cpu.get(this.at + 1 + i * 2)
      cpu.set(this.at + 2 + i * 2, cpu.issued(owner))
    }
    super.finish(cpu)
  }
}

export const defect: Defect = {
  name: 'serial-after-round',
  trap: 'field/prototype.md 3.3',
  base: 'lazy',
  breaks:
    'CPU 0 demands changes of CPU 1 and flushes everywhere. CPU 1 makes another change, CPU 0 reads the new serial and settles it, and nobody has flushed it.',
  expects: ['I1', 'I2', 'I11'],
  needs: {
    operations: ['advise'],
    cpus: 2,
    pages: 2,
    operationCount: 2,
    ticks: 0,
    preempt: 'none',
  },
  foundWithin: 570,
}

export default plant(
  lazy,
  'the fallback reads the serials after its round',
  (host) => new Lazy(host, { ...LAZY_PARTS, Fallback: LateFallback }),
)

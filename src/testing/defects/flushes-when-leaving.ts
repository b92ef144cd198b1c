import type { Port } from '../../contract/port.js'
import nohzDefer, { NohzDefer } from '../../strategies/nohz-defer.js'
import { FLUSH, AWAY, AwayCpus } from '../../strategies/shared/awayCpus.js'
import { plant, type Defect } from '../defect.js'

class FlushesLate extends AwayCpus {
  override returns(cpu: Port): void {
    cpu.and(this.wordOf(cpu.id), ~AWAY)
  }

  override goes(cpu: Port): void {
    if ((cpu.exchange(this.wordOf(cpu.id), AWAY) & FLUSH) !== 0) cpu.invalidateAll()
  }
}

export const defect: Defect = {
  name: 'flushes-when-leaving',
  trap: 'none: CONTEXT_WORK_TLBI',
  base: 'nohz-defer',
  breaks:
    'CPU 1 runs user code and is left a flush; it enters the kernel without it, and uses the old kernel mapping, whose address has come back.',
  expects: ['I2', 'I11'],
  needs: {
    operations: ['vmalloc'],
    cpus: 2,
    pages: 1,
    operationCount: 3,
    ticks: 0,
    preempt: 'none',
    frames: 3,
  },
  foundWithin: 500,
}

export default plant(
  nohzDefer,
  'does what was left to it when it leaves the kernel again',
  (host) => new NohzDefer(host, FlushesLate),
)

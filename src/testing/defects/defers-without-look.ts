import type { Port } from '../../contract/port.js'
import nohzDefer, { NohzDefer } from '../../strategies/nohz-defer.js'
import { FLUSH, AWAY, AwayCpus } from '../../strategies/shared/awayCpus.js'
import { plant, type Defect } from '../defect.js'

class LooksThenSets extends AwayCpus {
  override leaveTo(cpu: Port, target: number): boolean {
    if ((cpu.load(this.wordOf(target)) & AWAY) === 0) return false
    cpu.or(this.wordOf(target), FLUSH)
    return true
  }
}

export const defect: Defect = {
  name: 'defers-without-look',
  trap: 'none: CONTEXT_WORK_TLBI',
  base: 'nohz-defer',
  breaks:
    'CPU 0 reads that CPU 1 runs user code; CPU 1 enters the kernel and finds nothing; CPU 0 sets the bit, leaves CPU 1 out and claims the change. CPU 1 uses the old kernel mapping.',
  expects: ['I2', 'I11'],
  needs: {
    operations: ['vmalloc'],
    cpus: 2,
    pages: 1,
    operationCount: 3,
    ticks: 0,
    preempt: 'hooks',
    frames: 3,
  },
  foundWithin: 1000,
}

export default plant(
  nohzDefer,
  'sets the bit in a step of its own after the look',
  (host) => new NohzDefer(host, LooksThenSets),
)

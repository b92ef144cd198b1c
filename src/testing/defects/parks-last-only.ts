import { ParkedRanges } from '../../strategies/shared/parkedRanges.js'
import vmallocLazy, { VmallocLazy } from '../../strategies/vmalloc-lazy.js'
import { plant, type Defect } from '../defect.js'

class LastOnly extends ParkedRanges {
  protected override beginsAnew(): boolean {
    return true
  }
}

export const defect: Defect = {
  name: 'parks-last-only',
  trap: 'a range that replaces another one (LATR, a slot used twice)',
  base: 'vmalloc-lazy',
  breaks:
    'A CPU frees two ranges; the second replaces the first in its line, the purge flushes the second alone and settles both, and the first address comes back.',
  expects: ['I2', 'I11'],
  needs: {
    operations: ['vmalloc'],
    cpus: 2,
    pages: 1,
    operationCount: 4,
    ticks: 0,
    preempt: 'none',
    frames: 4,
    parameters: { lazyMaxPages: 1 },
  },
  foundWithin: 400,
}

export default plant(
  vmallocLazy,
  'a parked range is forgotten when the next one is parked',
  (host) => new VmallocLazy(host, { ParkedRanges: LastOnly }),
)

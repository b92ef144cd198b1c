import type { Port } from '../../contract/port.js'
import { ParkedRanges } from '../../strategies/shared/parkedRanges.js'
import vmallocLazy, { VmallocLazy } from '../../strategies/vmalloc-lazy.js'
import { plant, type Defect } from '../defect.js'

class OwnRange extends ParkedRanges {
  override first(cpu: Port): number {
    return cpu.load(this.rowOf(cpu.id))
  }

  override pageCount(cpu: Port): number {
    const row = this.rowOf(cpu.id)
    return cpu.load(row + 1) - cpu.load(row)
  }
}

export const defect: Defect = {
  name: 'purges-own-range',
  trap: 'Linux mm/vmalloc.c, __purge_vmap_area_lazy: start and end over the whole list',
  base: 'vmalloc-lazy',
  breaks:
    'CPU 0 and CPU 1 have parked a page each. CPU 1 crosses the threshold, flushes its own page everywhere and settles both, and CPU 0 maps the address again.',
  expects: ['I2', 'I11'],
  needs: {
    operations: ['vmalloc'],
    cpus: 2,
    pages: 1,
    operationCount: 2,
    ticks: 0,
    preempt: 'none',
    frames: 2,
    parameters: { lazyMaxPages: 1 },
  },
  foundWithin: 100,
}

export default plant(
  vmallocLazy,
  'a purge flushes the range of the CPU that purges, and settles what all have parked',
  (host) => new VmallocLazy(host, { ParkedRanges: OwnRange }),
)

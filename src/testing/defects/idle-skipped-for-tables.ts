import illumosIdle, { IllumosIdle } from '../../strategies/illumos-idle.js'
import { plant, type Defect } from '../defect.js'

class SkipsForTables extends IllumosIdle {
  protected override isLeft(): boolean {
    return true
  }
}

export const defect: Defect = {
  name: 'idle-skipped-for-tables',
  trap: '7',
  base: 'illumos-idle',
  breaks:
    'CPU 0 has walked through a table page and goes idle. CPU 1 frees the page, leaves CPU 0 a flush and claims the change. CPU 0, idle with its root loaded, can walk through the page by speculation.',
  expects: ['I4', 'I11'],
  needs: {
    operations: ['idle', 'remap', 'populate'],
    roles: [['idle'], ['remap', 'populate']],
    cpus: 2,
    pages: 1,
    operationCount: 3,
    ticks: 0,
    preempt: 'none',
    frames: 3,
    freesTables: true,
  },
  foundWithin: 1000,
}

export default plant(
  illumosIdle,
  'leaves idle CPUs alone although table pages are freed',
  (host) => new SkipsForTables(host),
)

import freebsdDelayed, { FreebsdDelayed } from '../../strategies/freebsd-delayed.js'
import { plant, type Defect } from '../defect.js'

class AlwaysSleeps extends FreebsdDelayed {
  protected override maySleep(): boolean {
    return true
  }
}

export const defect: Defect = {
  name: 'sleeps-with-locks',
  trap: 'contract rule 3; FreeBSD pmap_delayed_invl_wait asserts that no lock is held',
  base: 'freebsd-delayed',
  breaks:
    'CPU 0 takes page 0 away in a batch that goes on. CPU 1 takes pages 0 and 1 away, finds page 0 empty, and at its end waits for the batch of CPU 0, with page 1 locked. CPU 0 waits for page 1.',
  expects: ['I8'],
  needs: {
    operations: ['advise', 'adviseAll', 'batch'],
    roles: [['advise', 'batch'], ['adviseAll']],
    cpus: 2,
    pages: 2,
    operationCount: 3,
    ticks: 0,
    preempt: 'none',
  },
  foundWithin: 12_000,
}

export default plant(
  freebsdDelayed,
  'sleeps wherever it is asked, whatever the asker holds',
  (host) => new AlwaysSleeps(host),
)

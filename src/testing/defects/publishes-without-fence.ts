import type { Port } from '../../contract/port.js'
import { LINUX_PARTS, LinuxStrategy } from '../../strategies/shared/linuxStrategy.js'
import published, { PublishedHolders } from '../bases/published.js'
import { plant, type Defect } from '../defect.js'

class Unfenced extends PublishedHolders {
  override enter(cpu: Port, space: number): void {
    cpu.store(this.flagOf(space, cpu.id), 1)
  }
}

export const defect: Defect = {
  name: 'publishes-without-fence',
  trap: '3',
  base: 'published',
  breaks:
    'CPU 1 stores that it is a holder, which stays in its store buffer, and reads generation 7. CPU 0 raises it to 8, reads the holders without CPU 1 and tells nobody. CPU 1 keeps what its tag has.',
  expects: ['I6', 'I7', 'I1', 'I11'],
  needs: {
    operations: ['advise', 'switch'],
    roles: [['advise'], ['switch']],
    cpus: 2,
    pages: 1,
    operationCount: 2,
    ticks: 0,
    preempt: 'hooks',
    storeBuffer: true,
  },
  foundWithin: 9_100,
}

export default plant(
  published,
  'becomes a holder by a plain store without a fence',
  (host) => new LinuxStrategy(host, { ...LINUX_PARTS, Holders: Unfenced }),
)

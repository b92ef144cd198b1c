import linux from '../../strategies/linux.js'
import { LINUX_PARTS, LinuxStrategy } from '../../strategies/shared/linuxStrategy.js'
import { plant, type Defect } from '../defect.js'
import { LinuxRound } from '../../strategies/shared/linuxRound.js'

class IgnoresCurrent extends LinuxRound {
  protected override mayBePartial(seen: number, generation: number): boolean {
    return generation === ((seen + 1) | 0)
  }
}

export const defect: Defect = {
  name: 'notes-current-after-partial',
  trap: '4',
  base: 'linux',
  breaks:
    'CPU 2 has seen 7 and serves generation 8 for X while the space is at 9 for Y. It flushes X and notes 9. The request for Y is then nothing new.',
  expects: ['I1', 'I2', 'I6', 'I11'],
  needs: {
    operations: ['advise'],
    roles: [['advise'], ['advise'], []],
    cpus: 3,
    pages: 2,
    operationCount: 1,
    ticks: 0,
    preempt: 'none',
  },
  foundWithin: 100,
}

export default plant(
  linux,
  'looks at its own generation only before a partial flush',
  (host) => new LinuxStrategy(host, { ...LINUX_PARTS, Round: IgnoresCurrent }),
)

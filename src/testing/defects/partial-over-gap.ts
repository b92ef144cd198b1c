import linux from '../../strategies/linux.js'
import { LINUX_PARTS, LinuxStrategy } from '../../strategies/shared/linuxStrategy.js'
import { plant, type Defect } from '../defect.js'
import { LinuxRound } from '../../strategies/shared/linuxRound.js'

class AlwaysPartial extends LinuxRound {
  protected override mayBePartial(): boolean {
    return true
  }
}

export const defect: Defect = {
  name: 'partial-over-gap',
  trap: '4',
  base: 'linux',
  breaks:
    'CPU 0 makes generation 8 for page X. CPU 1 makes 9 for Y, flushes Y and notes 9; the request for X is then nothing new, and it acknowledges.',
  expects: ['I1', 'I2', 'I6', 'I11'],
  needs: {
    operations: ['advise'],
    cpus: 2,
    pages: 2,
    operationCount: 1,
    ticks: 0,
    preempt: 'none',
    // Flushed at its end, the second operation would be crowded by the first one, and flush everything.
    parameters: { gatherLimit: 1 },
  },
  foundWithin: 140,
}

export default plant(
  linux,
  'a partial flush over a gap of generations',
  (host) => new LinuxStrategy(host, { ...LINUX_PARTS, Round: AlwaysPartial }),
)

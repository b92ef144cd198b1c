import linux from '../../strategies/linux.js'
import { LINUX_PARTS, LinuxStrategy } from '../../strategies/shared/linuxStrategy.js'
import { TagSlots } from '../../strategies/shared/tagSlots.js'
import { plant, type Defect } from '../defect.js'

class WrappingGenerations extends TagSlots {
  protected override isKept(seen: number, generation: number): boolean {
    return ((seen ^ generation) & 1) === 0
  }
}

export const defect: Defect = {
  name: 'generation-wraps',
  trap: '22',
  base: 'linux',
  breaks:
    'CPU 1 leaves the space. Two pages are taken away. CPU 1 comes back, finds the count that it knew, and keeps both.',
  expects: ['I7', 'I6', 'I1', 'I2'],
  needs: {
    operations: ['advise', 'switch'],
    roles: [['advise'], ['switch']],
    cpus: 2,
    pages: 2,
    operationCount: 2,
    ticks: 0,
    preempt: 'none',
  },
  foundWithin: 200,
}

export default plant(
  linux,
  'counts modulo 2 when it compares at a switch',
  (host) => new LinuxStrategy(host, { ...LINUX_PARTS, TagSlots: WrappingGenerations }),
)

import linux from '../../strategies/linux.js'
import { LINUX_PARTS, LinuxStrategy } from '../../strategies/shared/linuxStrategy.js'
import { TagSlots } from '../../strategies/shared/tagSlots.js'
import { plant, type Defect } from '../defect.js'

class KeepsTag extends TagSlots {
  protected override isKept(): boolean {
    return true
  }
}

export const defect: Defect = {
  name: 'keeps-tag',
  trap: 'invariant I7',
  base: 'linux',
  breaks:
    'CPU 1 caches a page and leaves the space. CPU 0 takes the page away; CPU 1 is no holder. CPU 1 comes back and finds the page under the tag.',
  expects: ['I7', 'I6', 'I1', 'I2', 'I11'],
  needs: {
    operations: ['advise', 'switch'],
    roles: [['advise'], ['switch']],
    cpus: 2,
    pages: 1,
    operationCount: 2,
    ticks: 0,
    preempt: 'none',
  },
  foundWithin: 100,
}

export default plant(
  linux,
  'keeps what a tag holds without comparing',
  (host) => new LinuxStrategy(host, { ...LINUX_PARTS, TagSlots: KeepsTag }),
)

import { KERNEL_SPACE } from '../../contract/page.js'
import type { Port } from '../../contract/port.js'
import linux from '../../strategies/linux.js'
import { LinuxStrategy } from '../../strategies/shared/linuxStrategy.js'
import { plant, type Defect } from '../defect.js'

class LeavesFirst extends LinuxStrategy {
  override switching(cpu: Port, from: number): void {
    if (from !== KERNEL_SPACE) this.holders.leave(cpu, from)
  }
}

export const defect: Defect = {
  name: 'leaves-before-load',
  trap: 'Linux loads CR3 before it clears mm_cpumask(prev)',
  base: 'linux',
  breaks:
    'CPU 1 clears its bit. CPU 0 takes a page or a table away and tells nobody. CPU 1 still has the root loaded, and what it has cached or walks through.',
  expects: ['I4', 'I11'],
  needs: {
    operations: ['advise', 'switch'],
    roles: [['advise'], ['switch']],
    cpus: 2,
    pages: 1,
    operationCount: 1,
    ticks: 0,
    preempt: 'hooks',
  },
  foundWithin: 750,
}

export default plant(
  linux,
  'is no holder any more while the space is still loaded',
  (host) => new LeavesFirst(host),
)

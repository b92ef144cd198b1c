import { KERNEL_SPACE } from '../../contract/page.js'
import type { Port } from '../../contract/port.js'
import generations, { GenerationStrategy } from '../bases/generations.js'
import { plant, type Defect } from '../defect.js'

class LeavesFirst extends GenerationStrategy {
  override switching(cpu?: Port, from?: number): void {
    if (cpu !== undefined && from !== undefined && from !== KERNEL_SPACE) this.holders.leave(cpu, from)
  }
}

export const defect: Defect = {
  name: 'leaves-before-load',
  trap: '7',
  base: 'generations',
  breaks:
    'CPU 1 clears its bit. CPU 0 frees a table page and tells nobody. CPU 1 still has the root loaded, and speculation walks through the page.',
  expects: ['I4', 'I11'],
  needs: {
    operations: ['touch', 'advise', 'switch'],
    cpus: 2,
    pages: 1,
    operationCount: 3,
    ticks: 0,
    preempt: 'hooks',
    awaits: 'TABLE_REUSE and walk reach: no access is translated between the two steps',
  },
}

export default plant(
  generations,
  'is no holder any more while the space is still loaded',
  (host) => new LeavesFirst(host),
)

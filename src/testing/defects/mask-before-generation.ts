import type { Port } from '../../contract/port.js'
import reclaimBatch, { ReclaimBatch } from '../../strategies/reclaim-batch.js'
import { ReclaimRound } from '../../strategies/shared/reclaimRound.js'
import { plant, type Defect } from '../defect.js'

class LooksFirst extends ReclaimRound {
  override defer(cpu: Port, space: number, firstPage: number, pageCount: number): boolean {
    const count = this.holders.others(cpu, space, this.found)
    const generation = this.slots.raise(cpu, space)
    if (count === 0) this.carryOut(cpu, space, firstPage, pageCount, generation)
    else this.addPending(cpu)
    return count !== 0
  }
}

export const defect: Defect = {
  name: 'mask-before-generation',
  trap: '5',
  base: 'reclaim-batch',
  breaks:
    'CPU 0 takes a page away in a batch and finds that nobody else runs the space. CPU 1 comes back to it, reads the old generation and keeps what its tag has. CPU 0 raises the generation, too late for CPU 1.',
  expects: ['I6', 'I7', 'I1', 'I2', 'I11'],
  needs: {
    operations: ['advise', 'batch', 'switch'],
    roles: [['advise', 'batch'], ['switch']],
    cpus: 2,
    pages: 1,
    operationCount: 2,
    ticks: 0,
    preempt: 'hooks',
  },
  foundWithin: 5_000,
}

export default plant(
  reclaimBatch,
  'adds the mask of a space to the batch before it raises the generation',
  (host) => new ReclaimBatch(host, LooksFirst),
)

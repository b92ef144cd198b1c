import asidRollover, { AsidRollover } from '../../strategies/asid-rollover.js'
import { TagGenerations } from '../../strategies/shared/tagGenerations.js'
import { plant, type Defect } from '../defect.js'

class NoFlush extends TagGenerations {
  override takePending(): boolean {
    return false
  }
}

export const defect: Defect = {
  name: 'rollover-without-flush',
  trap: 'Linux arch/arm64/mm/context.c: tlb_flush_pending',
  base: 'asid-rollover',
  breaks:
    'CPU 0 caches a page and leaves the space, whose process exits without a flush. The next process under its number gets another tag, and exits. Then no tag is free, so the generation goes up and the third process gets the tag of the first; the CPU owes a flush and does not carry it out.',
  expects: ['I7'],
  needs: {
    operations: ['switch', 'teardown'],
    roles: [['switch', 'teardown'], ['switch']],
    cpus: 2,
    pages: 1,
    operationCount: 6,
    ticks: 0,
    preempt: 'none',
    parameters: { tags: 1, skipTorn: 1 },
  },
  foundWithin: 1200,
}

export default plant(
  asidRollover,
  'nobody flushes after a rollover',
  (host) => new AsidRollover(host, NoFlush),
)

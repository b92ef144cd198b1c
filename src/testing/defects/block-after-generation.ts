import type { Port } from '../../contract/port.js'
import freebsdDelayed, { FreebsdDelayed } from '../../strategies/freebsd-delayed.js'
import { OpenBlocks } from '../../strategies/shared/openBlocks.js'
import { plant, type Defect } from '../defect.js'

class PublishesLate extends OpenBlocks {
  override open(cpu: Port): void {
    const before = cpu.add(this.generation, 2)
    cpu.store(this.blockOf(cpu.id), before + 1)
  }
}

export const defect: Defect = {
  name: 'block-after-generation',
  trap: 'FreeBSD pmap_delayed_invl_start: the generation is taken and the block listed under one lock',
  base: 'freebsd-delayed',
  breaks:
    'CPU 1 takes its generation. CPU 0 takes the next one, closes its block, sees no other one open, and lets both pass. CPU 1 publishes its block and takes a page away in a batch that goes on; CPU 0 takes it for flushed.',
  expects: ['I11', 'I2', 'I1'],
  needs: {
    operations: ['advise', 'touch', 'unprotect', 'batch'],
    cpus: 2,
    pages: 1,
    operationCount: 2,
    ticks: 0,
    preempt: 'hooks',
    roles: [
      ['unprotect', 'touch'],
      ['advise', 'batch'],
    ],
  },
  foundWithin: 150_000,
}

export default plant(
  freebsdDelayed,
  'takes its generation before its block can be seen',
  (host) => new FreebsdDelayed(host, PublishesLate),
)

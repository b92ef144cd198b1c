import type { Port } from '../../contract/port.js'
import linux, { InContextLinux } from '../../strategies/linux.js'
import { FIRST, InContextRound, IS_PENDING, PAGES } from '../../strategies/shared/inContextRound.js'
import { LINUX_PARTS } from '../../strategies/shared/linuxStrategy.js'
import { plant, type Defect } from '../defect.js'

class KeepsFirst extends InContextRound {
  protected override merge(cpu: Port, space: number, first: number, pages: number, generation: number): void {
    const [range, count] = [this.deferred + FIRST, this.deferred + PAGES]
    const [kept, keptCount] = [cpu.get(range), cpu.get(count)]
    const isPending = cpu.get(this.deferred + IS_PENDING) !== 0
    super.merge(cpu, space, first, pages, generation)
    if (!isPending) return
    cpu.set(range, kept)
    cpu.set(count, keptCount)
  }
}

export const defect: Defect = {
  name: 'in-context-keeps-first',
  trap: '4',
  base: 'linux',
  breaks:
    'CPU 1 is in the kernel and notes a flush of page 1, and then one of page 2 under the next generation, whose range it drops. It flushes page 1 on its way out and takes the newest generation for done.',
  expects: ['I6', 'I1', 'I2', 'I11'],
  needs: {
    operations: ['advise'],
    roles: [['advise'], []],
    cpus: 2,
    pages: 2,
    operationCount: 2,
    ticks: 0,
    preempt: 'none',
    parameters: { inContext: 1 },
  },
  foundWithin: 20_000,
}

export default plant(
  linux,
  'of requests that come one after the other the range of the first is flushed',
  (host) => new InContextLinux(host, { ...LINUX_PARTS, Round: KeepsFirst }),
)

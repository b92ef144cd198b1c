import type { Port } from '../../contract/port.js'
import { WORDS_PER_LINE, type StrategyHost, type StrategyModule } from '../../contract/strategy.js'
import type { Ticket } from '../../contract/ticket.js'
import linux from '../../strategies/linux.js'
import {
  LINUX_PARTS,
  LinuxStrategy,
  type LinuxPrivates,
  type LinuxWords,
} from '../../strategies/shared/linuxStrategy.js'
import type { Defect } from '../defect.js'
import { LinuxRound } from '../../strategies/shared/linuxRound.js'

type TrimWords = LinuxWords | 'running'

class TrimmingRound extends LinuxRound {
  running = 0

  protected override findTargets(cpu: Port, space: number): number {
    let count = super.findTargets(cpu, space)
    if (space === 0) return count
    for (let target = 0; target < cpu.count; target++) {
      const word = this.targets + (target >>> 5)
      const bit = 1 << (target & 31)
      if ((cpu.get(word) & bit) === 0) continue
      if (cpu.load(this.running + target * WORDS_PER_LINE) === space) continue
      cpu.and(this.holders.wordOf(space, target), ~bit)
      cpu.set(word, cpu.get(word) & ~bit)
      count--
    }
    return count
  }
}

class TrimsOthers extends LinuxStrategy {
  readonly #running: number

  constructor(host: StrategyHost<TrimWords, LinuxPrivates>) {
    super(host, { ...LINUX_PARTS, Round: TrimmingRound })
    this.#running = host.words.running.base
    ;(this.round as TrimmingRound).running = this.#running
  }

  override switched(cpu: Port, to: number): Ticket {
    const ticket = super.switched(cpu, to)
    cpu.store(this.#running + cpu.id * WORDS_PER_LINE, to)
    return ticket
  }
}

export const defect: Defect = {
  name: 'trims-others',
  trap: '16',
  base: 'linux',
  breaks:
    'CPU 1 sets its bit and loads the space. CPU 0, which does not see it running there yet, clears the bit and sends nothing. CPU 1 goes on without a bit and is never told of anything.',
  expects: ['I6', 'I7', 'I1', 'I2', 'I11'],
  needs: {
    operations: ['advise', 'switch'],
    roles: [['advise'], ['switch']],
    cpus: 2,
    pages: 1,
    operationCount: 2,
    ticks: 0,
    preempt: 'hooks',
  },
  foundWithin: 2_100,
}

export default {
  ...linux,
  summary: 'a planted defect: an initiator clears the bits of CPUs that it takes to run another space',
  source: 'none',
  words: (shape) => ({
    ...linux.words(shape),
    running: { count: shape.cpuCount, stride: WORDS_PER_LINE },
  }),
  create: (host) => new TrimsOthers(host),
} satisfies StrategyModule<TrimWords, LinuxPrivates>

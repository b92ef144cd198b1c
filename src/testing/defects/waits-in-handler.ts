import type { StrategyHost, StrategyModule } from '../../contract/strategy.js'
import type { RoundPrivates, RoundWords } from '../../strategies/shared/roundStrategy.js'
import type { Port } from '../../contract/port.js'
import { type Ticket, DONE, AGAIN } from '../../contract/ticket.js'
import immediate, { Immediate } from '../../strategies/immediate.js'
import type { Defect } from '../defect.js'

type WaitPrivates = RoundPrivates | 'serial' | 'open'

class WaitsInHandler extends Immediate {
  readonly #open: number

  constructor(host: StrategyHost<RoundWords, WaitPrivates>) {
    super(host)
    this.#open = host.privates.open
  }

  protected override startRound(
    cpu: Port,
    space: number,
    first: number,
    pages: number,
    stride: number,
  ): Ticket {
    cpu.set(this.#open, 1)
    return super.startRound(cpu, space, first, pages, stride)
  }

  protected override flushed(cpu: Port): Ticket {
    cpu.set(this.#open, 0)
    return super.flushed(cpu)
  }

  override interrupted(cpu: Port): typeof DONE | typeof AGAIN {
    return cpu.get(this.#open) === 0 ? super.interrupted(cpu) : AGAIN
  }
}

export const defect: Defect = {
  name: 'waits-in-handler',
  trap: '14',
  base: 'immediate',
  breaks:
    'CPU 0 and CPU 1 ask each other. Each stays in its handler until its own round is acknowledged, which the other would have to do.',
  expects: ['I8'],
  needs: {
    operations: ['advise'],
    cpus: 2,
    pages: 2,
    operationCount: 1,
    ticks: 0,
    preempt: 'none',
  },
  foundWithin: 60,
}

export default {
  ...immediate,
  summary: 'a planted defect: serves nobody while its own round is open',
  source: 'none',
  privateWords: (shape) => ({ ...immediate.privateWords(shape), open: 1 }),
  create: (host) => new WaitsInHandler(host),
} satisfies StrategyModule<RoundWords, WaitPrivates>

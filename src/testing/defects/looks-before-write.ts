import type { Change } from '../../contract/change.js'
import type { Port } from '../../contract/port.js'
import type { StrategyHost, StrategyModule } from '../../contract/strategy.js'
import { DONE, type Ticket } from '../../contract/ticket.js'
import lease, { Lease, type LeasePrivates } from '../../strategies/lease.js'
import type { RoundWords } from '../../strategies/shared/roundStrategy.js'
import type { Defect } from '../defect.js'

type EarlyPrivates = LeasePrivates | 'early'

class EarlyLook extends Lease {
  readonly #early: number

  constructor(host: StrategyHost<RoundWords, EarlyPrivates>) {
    super(host)
    this.#early = host.privates.early
  }

  changing(cpu: Port, change: Change): Ticket {
    cpu.set(this.#early, change.expiry)
    return DONE
  }

  protected override expiryOf(cpu: Port): number {
    return cpu.get(this.#early)
  }
}

export const defect: Defect = {
  name: 'looks-before-write',
  trap: '19',
  base: 'lease',
  breaks:
    'CPU 0 sees that nobody has cached the page. CPU 1 walks, stamps and caches it. CPU 0 writes the entry and gives the page away.',
  expects: ['I1', 'I2', 'I6', 'I11'],
  needs: {
    operations: ['advise'],
    roles: [['advise'], []],
    cpus: 2,
    pages: 1,
    operationCount: 1,
    ticks: 0,
    preempt: 'none',
  },
  foundWithin: 30,
}

export default {
  ...lease,
  summary: 'a planted defect: the expiry is read before the entry is written',
  source: 'none',
  privateWords: (shape) => ({ ...lease.privateWords(shape), early: 1 }),
  create: (host) => new EarlyLook(host),
} satisfies StrategyModule<RoundWords, EarlyPrivates>

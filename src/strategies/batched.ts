import type { Change } from '../contract/change.js'
import { BINDING } from '../contract/obligation.js'
import type { Operation } from '../contract/operation.js'
import type { Port } from '../contract/port.js'
import type { StrategyHost, StrategyModule } from '../contract/strategy.js'
import { DONE, SETTLED, type Ticket } from '../contract/ticket.js'
import { Gather, GATHER_PRIVATES } from './shared/gather.js'
import {
  ROUND_PARTS,
  roundPrivates,
  RoundStrategy,
  roundWords,
  type RoundParts,
  type RoundPrivates,
  type RoundWords,
} from './shared/roundStrategy.js'

type Privates = RoundPrivates | 'gather'

export interface BatchedParts extends RoundParts {
  readonly Gather: typeof Gather
}

export const BATCHED_PARTS: BatchedParts = { ...ROUND_PARTS, Gather }

export class Batched extends RoundStrategy {
  protected readonly gather: Gather
  readonly #gatherLimit: number

  constructor(host: StrategyHost<RoundWords, Privates>, parts: BatchedParts = BATCHED_PARTS) {
    super(host, parts)
    this.gather = new parts.Gather(host.privates.gather, host.parameters['ceiling'])
    this.#gatherLimit = host.parameters['gatherLimit']
  }

  changed(cpu: Port, change: Change): Ticket {
    if ((change.obligations & BINDING) === 0) return DONE
    this.gather.add(cpu, change)
    return this.gather.count(cpu) < this.#gatherLimit ? DONE : this.flush(cpu)
  }

  finished(cpu: Port, operation: Operation): Ticket {
    if (operation.depth > 0) return DONE
    return this.gather.count(cpu) === 0 ? this.flushed(cpu) : this.flush(cpu)
  }

  protected flush(cpu: Port): Ticket {
    const gather = this.gather
    const pages = gather.pages(cpu)
    const ticket = this.startRound(cpu, gather.space(cpu), gather.first(cpu), pages, 1)
    gather.clear(cpu)
    return ticket
  }

  /** Whatever this CPU has issued so far was in this round or an earlier one, for it waits while a round runs: a prefix. */
  protected flushed(cpu: Port): Ticket {
    const serial = cpu.issued(cpu.id)
    if (serial !== cpu.settledUpTo(cpu.id)) cpu.settle(cpu.id, serial)
    return SETTLED
  }
}

export default {
  summary: 'gathers the changes of an operation and flushes them in one round at its end',
  source: 'Linux mm/mmu_gather.c and arch/x86/mm/tlb.c',
  parameters: {
    ceiling: {
      default: 33,
      min: 0,
      max: 1 << 20,
      unit: 'pages',
      summary: 'a range above this is flushed as the whole space',
      source: 'Linux tlb_single_page_flush_ceiling: 33 pages of about 100 ns each cap a flush at 3 us',
    },
    gatherLimit: {
      default: 9690,
      min: 1,
      max: 1 << 20,
      unit: 'pages',
      summary: 'changes after which a round is run in the middle of an operation',
      source: 'Linux MAX_GATHER_BATCH_COUNT: 19 batches of 510 pages',
    },
  },
  contract: () => 'return',
  assumes: () => ({ timeless: true, symmetric: true }),
  words: roundWords,
  privateWords: (shape) => ({ ...roundPrivates(shape), gather: GATHER_PRIVATES }),
  create: (host) => new Batched(host),
} satisfies StrategyModule<RoundWords, Privates>

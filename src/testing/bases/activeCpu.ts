import type { Port } from '../../contract/port.js'
import { WORDS_PER_LINE, type StrategyHost, type StrategyModule } from '../../contract/strategy.js'
import type { Ticket } from '../../contract/ticket.js'
import { Immediate } from '../../strategies/immediate.js'
import {
  ROUND_PARTS,
  roundPrivates,
  roundWords,
  type RoundPrivates,
  type RoundWords,
} from '../../strategies/shared/roundStrategy.js'
import { ActiveCpus, ActiveRound } from './shared/activeCpus.js'

export type ActiveWords = RoundWords | 'active'
export type ActivePrivates = RoundPrivates | 'serial'

/** arm64's proposal: a space that only one CPU has ever run is flushed there and nowhere else. */
export class ActiveCpuStrategy extends Immediate {
  protected readonly active: ActiveCpus

  constructor(host: StrategyHost<ActiveWords, ActivePrivates>, Kind: typeof ActiveCpus = ActiveCpus) {
    super(host, { ...ROUND_PARTS, Round: ActiveRound })
    this.active = new Kind(host.words.active)
    ;(this.round as ActiveRound).active = this.active
  }

  override switched(cpu: Port, to: number): Ticket {
    this.active.enter(cpu, to)
    return super.switched(cpu, to)
  }
}

export default {
  summary: 'one round for each change, and none for a space that no other CPU has ever run',
  source: 'Ryan Roberts, RFC arm64: avoid broadcast TLBI for single-threaded processes, August 2025',
  parameters: {},
  contract: () => 'return',
  assumes: () => ({ timeless: true }),
  words: (shape) => ({
    ...roundWords(shape),
    active: { count: shape.spaceCount, stride: WORDS_PER_LINE },
  }),
  privateWords: (shape) => ({ ...roundPrivates(shape), serial: 1 }),
  create: (host) => new ActiveCpuStrategy(host),
} satisfies StrategyModule<ActiveWords, ActivePrivates>

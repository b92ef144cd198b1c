import type { StrategyHost, StrategyModule } from '../../contract/strategy.js'
import { Immediate } from '../../strategies/immediate.js'
import {
  ROUND_PARTS,
  roundPrivates,
  roundWords,
  type RoundPrivates,
  type RoundWords,
} from '../../strategies/shared/roundStrategy.js'
import { Scoreboard, slotBlock } from './shared/scoreboard.js'

export type ResendWords = RoundWords | 'slots'
export type ResendPrivates = RoundPrivates | 'serial'

/**
 * DragonFly's watchdog: who waits for answers for too long interrupts those who owe them once more. It
 * gets over lost interrupts. The answers are FreeBSD's generations, because with two interrupts for one
 * request, either may be the one that comes late.
 */
export class ResendStrategy extends Immediate {
  constructor(host: StrategyHost<ResendWords, ResendPrivates>, Kind: typeof Scoreboard = Scoreboard) {
    super(host, { ...ROUND_PARTS, Round: Kind })
    const scoreboard = this.round as Scoreboard
    scoreboard.slots = host.words.slots
    scoreboard.limitNs = host.parameters['limitNs']
  }
}

export default {
  summary: 'one round for each change, and a second interrupt to who has not answered in time',
  source:
    'DragonFly sys/platform/pc64/x86_64/pmap_inval.c (watchdog); FreeBSD sys/amd64/amd64/mp_machdep.c (invl_scoreboard)',
  parameters: {
    limitNs: {
      default: 10_000,
      min: 1,
      // It waits for the time to its end: with more, who waits for it spins until that looks like a hang.
      max: 1_000_000,
      unit: 'ns',
      summary: 'time until who has not answered is interrupted again',
      source: 'a proposal: above what a round of a few CPUs takes here; DragonFly waits far longer',
    },
  },
  contract: () => 'return',
  assumes: () => ({ timeless: false, symmetric: true }),
  words: (shape) => ({ ...roundWords(shape), slots: slotBlock(shape) }),
  privateWords: (shape) => ({ ...roundPrivates(shape), serial: 1 }),
  create: (host) => new ResendStrategy(host),
} satisfies StrategyModule<ResendWords, ResendPrivates>

import type { StrategyModule } from '../contract/strategy.js'
import { CEILING, GATHER_LIMIT } from './shared/linuxParameters.js'
import { PerOperation, perOperationPrivates, type PerOperationPrivates } from './shared/perOperation.js'
import { roundWords, type RoundWords } from './shared/roundStrategy.js'

export default {
  summary: 'gathers the changes of an operation and flushes them in one round at its end',
  source: 'Linux mm/mmu_gather.c and arch/x86/mm/tlb.c',
  parameters: { ceiling: CEILING, gatherLimit: GATHER_LIMIT },
  contract: () => 'return',
  assumes: () => ({ timeless: true, symmetric: true }),
  words: roundWords,
  privateWords: perOperationPrivates,
  create: (host) => new PerOperation(host),
} satisfies StrategyModule<RoundWords, PerOperationPrivates>

import type { StrategyModule } from '../contract/strategy.js'
import { CEILING, GATHER_LIMIT } from './shared/linuxParameters.js'
import { PerOperation, perOperationPrivates, type PerOperationPrivates } from './shared/perOperation.js'
import { roundWords, type RoundWords } from './shared/roundStrategy.js'

/**
 * One round for all that an operation has changed. The changes are gathered into one range from the lowest to the highest page,
 * holes included, and flushed when the outermost operation ends: what Linux' `mmu_gather` does, here also across the
 * ranges of a batch (a vectored advise, a reclaim scan).
 *
 * ## State
 *
 * That of `immediate`, and for each CPU the range that it has gathered, in words of its own.
 *
 * ## Who does what
 *
 * - Initiator: notes each change; at the end of the operation of depth 0 it runs one round over the range, as `immediate`
 *   does for a page. A range above `ceiling` pages becomes a flush of the whole space; changes of two spaces become a flush of
 *   everything on all CPUs. After `gatherLimit` changes a round is run in the middle.
 * - Responder, switch, idle: as `immediate`.
 *
 * ## Why it is safe
 *
 * What the operation sets free is held until the operation's end is over, and its end is not over before the round is. A
 * frame can therefore not be given away between the change of its entry and the flush. An operation that finds an entry
 * empty, because another CPU emptied it and has not flushed yet, demands that change first; the demand is answered by a flush of
 * everything everywhere.
 *
 * ## Counts
 *
 * For an operation on p pages of a space that h other CPUs hold, with r = the pages from the first to the last one that changed:
 * 1 round and h interrupts; r * (h + 1) invalidations where r <= `ceiling`, else h + 1 full flushes. With c changes above
 * `gatherLimit` = g: ceil(c / g) rounds.
 *
 * ## What differs from the source
 *
 * Linux gathers for each system call and not across the ranges of a batch unless the call is vectored, counts generations so that
 * a CPU can skip what it has done already, and leaves lazy CPUs alone. `linux` is that; this one is the idea alone.
 */
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

import type { StrategyModule } from '../contract/strategy.js'
import {
  RANGE_OPERATIONS,
  TAGS,
  TLBI_CEILING,
  tlbiPrivates,
  TlbiStrategy,
  tlbiWords,
  type TlbiPrivates,
  type TlbiWords,
} from './shared/tlbiStrategy.js'

/**
 * What Linux does on arm64, where the hardware tells all CPUs: the range that an operation has changed is
 * named in a few TLBI instructions, and one barrier behind them (DSB) waits until every CPU has dropped
 * it. No CPU runs any software for it. Source: Linux arch/arm64/include/asm/tlbflush.h.
 *
 * ## State
 *
 * A space has one address-space tag, the same on all CPUs. Who runs a space is not kept at all. Each CPU
 * remembers which space it ran last under each tag, and in which of its lives: a space that is torn down
 * counts one on.
 *
 * ## Who does what
 *
 * - **Initiator**: gathers the pages of an operation into one range, holes included. At its end the range
 *   is split into range operations of (num + 1) << (5 * scale + 1) pages, the largest first, and an odd
 *   page last; above the ceiling one operation names the whole tag. Then one barrier for all.
 * - **Responder**: nothing. Where a leaf table was freed, every CPU takes one interrupt that does nothing.
 * - **Switch**: loads the tag of the space and keeps what it holds; translations of spaces that do not run
 *   are reached by the broadcasts as well. A CPU that comes to a new life of a space drops what its tag
 *   holds. **Idle**: nothing.
 *
 * ## Why it is safe
 *
 * The entry is written, then broadcast, then the barrier waits, then the change is settled. Broadcast
 * before the write, a CPU drops the page, walks again and keeps the old entry. Settled before the barrier,
 * a CPU uses the page while the message travels. The barrier waits for the broadcasts of its own CPU
 * alone, so whoever answers a demand broadcasts anew. Software walkers run beside broadcasts: the empty
 * interrupt comes after the barrier and before the table has another use.
 *
 * ## Counts
 *
 * One operation of p pages on any number of CPUs: no interrupts, no rounds, no invalidations of a CPU's
 * own, one sync, and these broadcasts: 1 where p is above the ceiling; else, with h = p >> 1, the number
 * of digits of h in base 32 that are not 0, and 1 more where p is odd (p = 33: one operation of 32 pages,
 * one of 1). With `rangeOperations=0`: p. Where tables are freed: 1 round of N - 1 interrupts besides.
 *
 * ## What differs from the source
 *
 * - Tags belong to space ids for good, as far as they go, over their lives; Linux hands them out in generations (`asid-rollover`).
 * - Linux' ceiling is 512 pages where the CPU has no range operations, and 2^21 where it has them; here it
 *   is a parameter that holds for both.
 * - Linux frees page tables by RCU, which waits for walkers without any interrupt; it sends the empty
 *   interrupt, tlb_remove_table_sync_one, only where it has no memory to queue the table. There is no RCU
 *   here, so every freed table costs that interrupt, once for an operation.
 * - Linux gives TLBI the level of the table that was changed, and spares upper levels where no table was
 *   freed; here a broadcast also empties the paging-structure cache. Errata that need each TLBI twice, and
 *   the second tag of a CPU with page-table isolation, are left out.
 */
export default {
  summary: 'broadcasts what an operation has changed, and returns when every CPU has dropped it',
  source: 'Linux arch/arm64/include/asm/tlbflush.h: __flush_tlb_range, __flush_tlb_range_op, flush_tlb_mm',
  needs: ['tlbi'],
  parameters: { ceiling: TLBI_CEILING, rangeOperations: RANGE_OPERATIONS, tags: TAGS },
  contract: () => 'return',
  assumes: () => ({ timeless: true }),
  words: tlbiWords,
  privateWords: tlbiPrivates,
  create: (host) => new TlbiStrategy(host),
} satisfies StrategyModule<TlbiWords, TlbiPrivates>

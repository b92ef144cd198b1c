import type { StrategyModule } from '../contract/strategy.js'
import { DroppedByHardware, droppedPrivates, type DroppedPrivates } from './shared/droppedByHardware.js'
import { roundWords, type RoundWords } from './shared/roundStrategy.js'

export class Unitd extends DroppedByHardware {
  /** The write has. */
  protected drop(): void {}
}

/**
 * Translations take part in cache coherence: a write of a page-table entry makes every TLB drop it, as it makes every cache drop the line.
 * No software does anything, which makes it the ideal line: no strategy that tells other CPUs in software can be cheaper than this one, where
 * the hardware charges one message for each CPU that holds the entry. From UNITD (Romanescu, Lebeck, Sorin, Bracy, HPCA 2010: near-zero
 * cost for 2 to 16 cores) and, for nested translations, HATRIC (ISCA 2017: up to 30 % on KVM, 33 % on Xen), of both of
 * which only the abstracts were read.
 *
 * ## State
 *
 * None. The words are those of the empty round that freed tables take.
 *
 * ## Who does what
 *
 * - Hardware: with the write of an entry every TLB drops it, and the write is over when all have. Of a directory's entry: paging-structure caches
 *   are emptied, on every CPU.
 * - Initiator: nothing; each change is settled when its hook is called. After an operation that freed a table: one round of interrupts that
 *   do nothing.
 * - Responder, switch, idle: nothing, but that a switch drops all that the one tag held.
 *
 * ## Why it is safe
 *
 * A walk reads the entry before the write, and its copy goes with the write, or after it, and reads the new one; in between there is nothing.
 * What the hardware cannot drop is a table that a walker in software has in hand (get_user_pages_fast): it runs with interrupts off, so that an
 * interrupt which every CPU has taken shows that it is over. Without that round the table could be somebody else's while it is read.
 *
 * ## Counts
 *
 * For any operation that frees no table: no round, no interrupt, no invalidation, no full flush, no demand. Coherence messages: for each
 * page one for each other CPU that holds it. With a freed table: 1 round and N - 1 interrupts for the operation.
 *
 * ## What differs from the source
 *
 * The abstracts do not say what becomes of paging-structure caches; the safe rule was taken. A message costs a line transfer inside the socket, whatever
 * the distance, and the messages of one write come one after the other: a proposal. UNITD needs a reverse look-up by physical address in each
 * TLB, whose energy and size nobody pays for here. Whether an entry's accessed and dirty bits drop it too is not said; here they do not.
 */
export default {
  summary:
    'TLBs take part in cache coherence: the write of an entry drops it everywhere, and nobody does anything',
  source: 'Romanescu et al., UNITD, HPCA 2010, and HATRIC, ISCA 2017 (abstracts only)',
  needs: ['coherent'],
  parameters: {},
  contract: () => 'return',
  assumes: () => ({ timeless: true, symmetric: true }),
  words: roundWords,
  privateWords: droppedPrivates,
  create: (host) => new Unitd(host),
} satisfies StrategyModule<RoundWords, DroppedPrivates>

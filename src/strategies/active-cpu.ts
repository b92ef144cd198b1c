import { KERNEL_SPACE } from '../contract/page.js'
import type { Port } from '../contract/port.js'
import { WORDS_PER_LINE, type StrategyHost, type StrategyModule } from '../contract/strategy.js'
import type { Ticket } from '../contract/ticket.js'
import { ActiveCpus } from './shared/activeCpus.js'
import { flush } from './shared/round.js'
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

export type ActiveWords = TlbiWords | 'active'

export class ActiveCpuStrategy extends TlbiStrategy {
  protected readonly active: ActiveCpus

  constructor(host: StrategyHost<ActiveWords, TlbiPrivates>, Kind: typeof ActiveCpus = ActiveCpus) {
    super(host)
    this.active = new Kind(host.words.active)
  }

  protected override flush(cpu: Port, space: number, firstPage: number, pageCount: number): Ticket {
    if (space === KERNEL_SPACE || !this.active.isOnlyMe(cpu, space))
      return super.flush(cpu, space, firstPage, pageCount)
    flush(cpu, space, firstPage, pageCount, 1)
    // Nobody else has run the space, so nobody else walks its tables in software.
    cpu.set(this.owes, 0)
    return this.settle(cpu)
  }

  override switched(cpu: Port, to: number): Ticket {
    this.active.enter(cpu, to)
    return super.switched(cpu, to)
  }

  override retired(cpu: Port, space: number): Ticket {
    this.active.forget(cpu, space)
    return super.retired(cpu, space)
  }
}

/**
 * A proposal for arm64: a broadcast costs every CPU something, also where only one has ever run the
 * space, as in most processes. So each space keeps its only CPU, and as long as there is one, that CPU
 * flushes its own TLB and tells nobody. Source: Ryan Roberts, RFC, August 2025, read as summed up in
 * notes and not in full; its author asks whether it is "actually correct and safe". Kin: a series by
 * Andrea Arcangeli, 2020, with the outcomes none, local and broadcast.
 *
 * ## State
 *
 * A word for each space: nobody, one CPU, or many. It goes back from many with the space's end only. All else is that of
 * `arm64-tlbi`: one tag for each space on all CPUs.
 *
 * ## Who does what
 *
 * - **Initiator**: at the end of an operation reads the word. If it says "only me", it invalidates its own
 *   entries, and the operation returns. If not, and for kernel mappings: broadcasts and one barrier.
 * - **Switch**: before a CPU loads a space it makes itself known: from nobody to itself by compare and
 *   exchange, from another one to many by a store. Then a fence, then the space is loaded.
 * - **Responder, idle**: nothing.
 *
 * ## Why it is safe
 *
 * An initiator writes the entry, then reads the word; a CPU writes the word, then loads the space, which is
 * the earliest time at which it can read the entry. So either the initiator reads "many", or the other CPU
 * reads the new entry. The bad schedule is the one of trap 21: the CPU loads the space, caches the entry,
 * the initiator changes it and reads "only me", and the CPU makes itself known too late. Translations that
 * the only CPU left under the tag when it switched away are its own, so its local invalidation finds them.
 *
 * ## Counts
 *
 * One operation of p pages: where no other CPU has run the space, p invalidations (1 full flush above the
 * ceiling), no broadcast, no sync; else as `arm64-tlbi`, that is no invalidations, one sync, and the
 * broadcasts that p pages take. Never an interrupt, but for freed tables of spaces that many have run.
 *
 * ## What differs from the source
 *
 * - Whether and when the source goes back from many to one is not known here: this does when the space
 *   ends, to nobody; what is left on other CPUs is an earlier life's, which they drop when they load the new one.
 * - An operation on a space that nobody has run broadcasts; a space without a CPU has no mappings here.
 * - As for `arm64-tlbi`: tags for good, an empty interrupt where Linux frees tables by RCU.
 */
export default {
  summary: 'broadcasts, but for spaces that no other CPU has ever run: those are flushed here only',
  source: 'Ryan Roberts, RFC arm64: avoid broadcast TLBI for single-threaded processes, August 2025',
  needs: ['tlbi'],
  parameters: { ceiling: TLBI_CEILING, rangeOperations: RANGE_OPERATIONS, tags: TAGS },
  contract: () => 'return',
  assumes: () => ({ timeless: true }),
  words: (shape) => ({
    ...tlbiWords(shape),
    active: { count: shape.spaceCount, stride: WORDS_PER_LINE },
  }),
  privateWords: tlbiPrivates,
  create: (host) => new ActiveCpuStrategy(host),
} satisfies StrategyModule<ActiveWords, TlbiPrivates>

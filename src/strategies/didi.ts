import type { Change } from '../contract/change.js'
import { BINDING } from '../contract/obligation.js'
import type { Port } from '../contract/port.js'
import type { StrategyModule } from '../contract/strategy.js'
import { DroppedByHardware, droppedPrivates, type DroppedPrivates } from './shared/droppedByHardware.js'
import { roundWords, type RoundWords } from './shared/roundStrategy.js'

export class Didi extends DroppedByHardware {
  protected drop(cpu: Port, change: Change): void {
    if ((change.obligations & BINDING) === 0) return
    cpu.invalidateSharers(change.space, change.firstPage, change.pageCount)
  }
}

/**
 * A directory beside a second-level TLB that all CPUs share knows which TLBs hold a page, and drops it there without an interrupt. The initiator
 * asks it once for each entry that it takes something from: one look-up, and one message to each CPU that does hold the page. From DiDi
 * (Villavieja, Karakostas, Vilanova, Etsion, Ramirez, Mendelson, Navarro, Cristal, Unsal, "DiDi: Mitigating the performance impact of TLB
 * shootdowns using a shared TLB directory", PACT 2011), of which only the abstract was read: an order of magnitude fewer wasted cycles.
 *
 * ## State
 *
 * None of its own: the sharers stand in hardware. The words are those of the empty round that freed tables take.
 *
 * ## Who does what
 *
 * - Initiator, for each change: asks the directory, after the entry was written, and goes on when every sharer has dropped the page. After an
 *   operation that freed a table: one round of interrupts that do nothing.
 * - Responder: nothing; its TLB drops the page whatever it is doing, and its paging-structure cache is emptied.
 * - Switch: drops all that the one tag held. Idle CPUs: as all others.
 *
 * ## Why it is safe
 *
 * The entry is gone when the directory is asked, so whoever walks after the drop reads the new one. Asked before the write, a CPU could cache the
 * page again in between. Who is told is no guess: the directory learns of a fill as part of the fill. A walker in software has no translation
 * that a directory could know, so freed tables take the empty round.
 *
 * ## Counts
 *
 * For an operation on p present pages, page i being held by s(i) other CPUs: the sum of all s(i) messages, no round, no interrupt, no
 * invalidation, no full flush, no demand. A page that nobody else holds costs one look-up. With a freed table: 1 round and N - 1
 * interrupts for the operation.
 *
 * ## What differs from the source
 *
 * The abstract does not say what becomes of paging-structure caches: they are emptied on every CPU, which costs walks that a finer rule
 * would spare, and no message is counted for it. The directory is exact and never full; a real one would have to drop what it forgets. The
 * costs of a look-up and of a message are proposals, and the messages of one look-up come one after the other.
 */
export default {
  summary: 'a shared directory knows which TLBs hold a page, and drops it there without an interrupt',
  source: 'Villavieja et al., DiDi, PACT 2011 (abstract only)',
  needs: ['directory'],
  parameters: {},
  contract: () => 'return',
  assumes: () => ({ timeless: true, symmetric: true }),
  words: roundWords,
  privateWords: droppedPrivates,
  create: (host) => new Didi(host),
} satisfies StrategyModule<RoundWords, DroppedPrivates>

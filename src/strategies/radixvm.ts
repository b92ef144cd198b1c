import type { Change } from '../contract/change.js'
import { PRESENT } from '../contract/page.js'
import type { CpuSet, Port } from '../contract/port.js'
import type { StrategyHost, StrategyModule } from '../contract/strategy.js'
import { DONE, type Ticket } from '../contract/ticket.js'
import { CEILING } from './shared/linuxParameters.js'
import { OwnTableRound } from './shared/ownTableRound.js'
import { roundWords, type RoundWords } from './shared/roundStrategy.js'
import { sharerBlock, Sharers } from './shared/sharers.js'
import { toldPrivates, ToldStrategy, type ToldPrivates } from './shared/toldStrategy.js'

type Words = RoundWords | 'sharers'

/** The parts, so that a variant can bring its own. */
interface Parts {
  readonly Round: typeof OwnTableRound
  readonly Sharers: typeof Sharers
}

export const RADIXVM_PARTS: Parts = { Round: OwnTableRound, Sharers }

export class RadixVm extends ToldStrategy<OwnTableRound> {
  readonly #sharers: Sharers

  constructor(host: StrategyHost<Words, ToldPrivates>, parts: Parts = RADIXVM_PARTS) {
    super(host, parts.Round)
    this.#sharers = new parts.Sharers(host.words.sharers)
  }

  filling(cpu: Port, _space: number, _page: number, entry: number): Ticket {
    this.#sharers.enter(cpu, entry)
    return DONE
  }

  /**
   * Taken out of the set only where the page is gone: nobody can fill again before the change is settled
   * or demanded. A page that stays can be changed again by another CPU, which must find the same sharers.
   * Its own table and TLB the initiator clears in any case.
   */
  protected tell(cpu: Port, { entry, newFlags }: Change, into: CpuSet): boolean {
    this.#sharers.gather(cpu, entry, into, (newFlags & PRESENT) === 0)
    this.tellOne(cpu, cpu.id, into)
    return true
  }
}

/**
 * Page tables of its own for each CPU, so that the machine itself says who has used a page: a CPU whose table lacks a page
 * faults on it, and the fault writes down who it was before it copies the entry. An unmap interrupts those CPUs and no
 * others; what one CPU alone has used costs no interrupt at all. Clements, Kaashoek and Zeldovich, RadixVM, EuroSys 2013; sv6.
 *
 * ## State
 *
 * A set of CPUs for each entry of the shared page tables, which stand for RadixVM's radix tree of metadata: one bit per CPU,
 * beside what `immediate` has. For each CPU the machine keeps which entries its own table has copied: the strategy can
 * clear them, on its own CPU only. With N CPUs that is N page tables in place of one.
 *
 * ## Who does what
 *
 * - Fault on a page that the shared table has: locks the entry, sets its bit in the entry's set, copies it, unlocks.
 * - Initiator, for each change: takes the set of an entry that it has emptied, adds up the set of one that it has changed. When
 *   the outermost operation ends it interrupts those CPUs, clears the range in its own table, then in its TLB, and waits.
 * - Responder: clears the range in its own table, then in its TLB, then answers.
 * - Switch: a CPU that runs another space keeps the entries of its own table, and is interrupted for them.
 * - Kernel mappings are in every table from the start: all CPUs are told. Of a freed table all that run the space are.
 * - Idle CPUs are interrupted like all others.
 *
 * ## Why it is safe
 *
 * Who has an entry in its own table is in the entry's set, or in the hands of an initiator that has emptied the entry and not yet
 * settled that. A fault holds the entry's lock while it sets its bit and copies; an initiator writes the entry under the same lock
 * and then reads the set, so it finds every copy. Without the lock a fault could set its bit, lose it to an unmap, find
 * the page there again because a third CPU has faulted it in, and copy it unseen: the explorer found that. The set of an entry that stays present is not emptied, because a second change can come before the round of the first. A demand
 * drops every entry of every CPU's own table.
 *
 * ## Counts
 *
 * For an operation on p pages, with r = the pages from the first to the last one that changed and s = the CPUs other
 * than the initiator that have used one of them: 1 round and s interrupts, no round where s = 0; r * (s + 1) invalidations where
 * r <= `ceiling`, else s + 1 full flushes. One fault for each CPU and page that it uses, and again after each change of it. After
 * a demand all CPUs fault again on all they use.
 *
 * ## What differs from the source
 *
 * RadixVM locks ranges of its tree (here each entry is locked by itself), folds empty and equal subtrees and counts references without shared lines  (Refcache). Here the
 * tree is the shared page table. An own table has no copies of its own: a bit says
 * whether it has the entry, and the walker reads the shared one and sets its accessed and dirty bits, so that a permission
 * that is only gained costs no second fault, and a stale copy in an own table cannot be shown. Upper levels are shared, which is
 * why a freed table is told to all that run the space. A protection drops the page from own tables as an unmap does; the
 * paper does not describe one. The extra fault costs what a first fault costs, its zeroed frame included. `ceiling` is Linux'.
 */
export default {
  summary: 'page tables per CPU: interrupts only those whose faults have brought the page in',
  source:
    'Clements, Kaashoek, Zeldovich, RadixVM: Scalable Address Spaces for Multithreaded Applications, EuroSys 2013',
  needs: ['perCpuTables'],
  parameters: { ceiling: CEILING },
  contract: () => 'return',
  assumes: () => ({ timeless: false, symmetric: true }),
  words: (shape) => ({ ...roundWords(shape), sharers: sharerBlock(shape) }),
  privateWords: toldPrivates,
  create: (host) => new RadixVm(host),
} satisfies StrategyModule<Words, ToldPrivates>

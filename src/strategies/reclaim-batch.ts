import type { Change } from '../contract/change.js'
import { BINDING, WALK_REACH } from '../contract/obligation.js'
import { LEVEL_BATCH, OPERATION_WRITE_OUT, type Operation } from '../contract/operation.js'
import { DIRTY, KERNEL_SPACE } from '../contract/page.js'
import type { Port } from '../contract/port.js'
import type { StrategyHost, StrategyModule } from '../contract/strategy.js'
import { DONE, SETTLED, type Ticket } from '../contract/ticket.js'
import { setWords } from './shared/holders.js'
import {
  LINUX_PARAMETERS,
  LINUX_PARTS,
  LinuxStrategy,
  linuxPrivates,
  linuxWords,
  type LinuxPrivates,
  type LinuxWords,
} from './shared/linuxStrategy.js'
import { ANY_SPACE, ReclaimRound } from './shared/reclaimRound.js'
import { WHOLE_SPACE } from './shared/round.js'

type Privates = LinuxPrivates | 'pending' | 'found' | 'batch'

/** Private words of the batch: whether one is open, changes that wait for its flush, whether a dirty page is among them. */
const IS_OPEN = 0
const DEFERRED = 1
const IS_DIRTY = 2
const BATCH_WORDS = 3

export class ReclaimBatch extends LinuxStrategy {
  readonly #round: ReclaimRound
  readonly #batch: number
  readonly #batchPages: number

  constructor(host: StrategyHost<LinuxWords, Privates>, KindOfRound: typeof ReclaimRound = ReclaimRound) {
    super(host, { ...LINUX_PARTS, Round: KindOfRound })
    const { privates, parameters } = host
    this.#batch = privates.batch
    this.#batchPages = parameters['batchPages']
    this.#round = this.linuxRound as ReclaimRound
    this.#round.pending = privates.pending
    this.#round.found = privates.found
  }

  began(cpu: Port, operation: Operation): Ticket {
    const isOpen = operation.depth > 0 || operation.level === LEVEL_BATCH
    cpu.set(this.#batch + IS_OPEN, isOpen ? 1 : 0)
    return DONE
  }

  override changed(cpu: Port, change: Change): Ticket {
    const binding = change.obligations & BINDING
    const mayWait = change.space !== KERNEL_SPACE && (binding & WALK_REACH) === 0
    if (binding === 0 || !mayWait || cpu.get(this.#batch + IS_OPEN) === 0) return super.changed(cpu, change)
    if (!this.#round.defer(cpu, change.space, change.firstPage, change.pageCount)) return SETTLED
    const deferred = cpu.get(this.#batch + DEFERRED) + 1
    cpu.set(this.#batch + DEFERRED, deferred)
    if ((change.oldFlags & DIRTY) !== 0) cpu.set(this.#batch + IS_DIRTY, 1)
    return deferred < this.#batchPages ? DONE : this.#flushBatch(cpu)
  }

  /**
   * In a batch: what could not wait is flushed with the range that it belongs to, and what waits before
   * it, because the range has changes of both kinds. So is what waits before a write-out of dirty pages.
   */
  override finished(cpu: Port, operation: Operation): Ticket {
    const deferred = cpu.get(this.#batch + DEFERRED)
    if (operation.level === LEVEL_BATCH) return deferred > 0 ? this.#flushBatch(cpu) : this.flushed(cpu)
    if (operation.depth === 0) return super.finished(cpu, operation)
    const isWritten = operation.kind === OPERATION_WRITE_OUT && cpu.get(this.#batch + IS_DIRTY) !== 0
    if (this.gather.count(cpu) === 0 && !isWritten) return DONE
    if (deferred > 0) return this.#flushBatch(cpu)
    return this.gather.count(cpu) > 0 ? this.flush(cpu) : DONE
  }

  #flushBatch(cpu: Port): Ticket {
    cpu.set(this.#batch + DEFERRED, 0)
    cpu.set(this.#batch + IS_DIRTY, 0)
    return this.startRound(cpu, ANY_SPACE, 0, WHOLE_SPACE, 1)
  }

  /** A round for one change of its own, with others still waiting, settles that one alone: the watermark is a prefix. */
  protected override flushed(cpu: Port): Ticket {
    if (cpu.get(this.#batch + DEFERRED) > 0) return SETTLED
    return this.gather.count(cpu) > 0 ? this.flush(cpu) : super.flushed(cpu)
  }
}

/**
 * Batched unmaps of reclaim (Mel Gorman, Linux 4.3, 2015): in a scan over pages of many spaces nothing is flushed page by
 * page; the masks of the spaces are put together, and one full flush covers all of them when the scan ends. Outside of
 * batches it is `linux`.
 *
 * ## State
 *
 * That of `linux`, and for each CPU the batch (`tlbflush_unmap_batch`): the set of CPUs that are owed a flush, how many
 * changes wait, and whether a dirty page was among them. Nothing is known of the pages: a variant that remembered 32
 * addresses was tried and was not taken.
 *
 * ## Who does what
 *
 * - **Initiator**: each change raises the generation of its space and THEN adds the space's mask to the set. A space that
 *   nobody else runs is flushed at once, here, one page. At the end of the batch, after `batchPages` changes (32,
 *   SWAP_CLUSTER_MAX), and before a write-out if a dirty page waits, one request without space and range goes to the set,
 *   without lazy CPUs.
 * - **Responder**: such a request means: compare the generation of the space that is loaded, and flush all of it if it is
 *   behind. Other requests as `linux`.
 * - **Switch** and **idle**: as `linux`; they compare generations, so who enters a space after its mask was read, or
 *   wakes, needs no interrupt.
 *
 * ## Why it is safe
 *
 * What is unmapped stays held until the batch's flush; nothing is due earlier but what somebody demands, and a demand
 * flushes everything. A CPU that held a stale entry when the mask was read is in the set, or has left the space and
 * compares when it comes back. Raised after the mask was read, the generation could be missed by a CPU that enters in
 * between. Freed tables, and what else counts for walks, and kernel ranges do not wait: they are flushed with their
 * range, after what waits.
 *
 * ## Counts
 *
 * A batch of c changes in any spaces, that h other CPUs run which are not idle: c / batchPages rounds, rounded up, h
 * interrupts each (no round if h = 0), and one full flush on each of these CPUs, and on the initiator if its own space is
 * among them; no page by page. One more round for each write-out in the batch that comes after a dirty page. Alone: c
 * invalidations, no round.
 *
 * ## What differs from the source
 *
 * Reclaim is any batch; there are no reverse maps, and all changes of user pages may wait, protections too. The write-out
 * begins when the batch ends, not where its range stands. That another thread's `munmap` of the same space flushes first
 * (`tlb_flush_batched`) is left to the kernel side's demand, which flushes everything. For the rest see `linux`.
 */
export default {
  summary: 'as linux; in a batch the masks of all spaces are put together for one full flush at its end',
  source: 'Linux 6.3 mm/rmap.c try_to_unmap_flush, arch/x86/mm/tlb.c arch_tlbbatch_flush; Mel Gorman 2015',
  parameters: {
    ...LINUX_PARAMETERS,
    batchPages: {
      default: 32,
      min: 1,
      max: 1 << 20,
      unit: 'pages',
      summary: 'changes after which a batch is flushed before its end',
      source: 'Linux SWAP_CLUSTER_MAX: reclaim isolates and unmaps so many pages at a time',
    },
  },
  contract: () => 'return',
  assumes: () => ({ timeless: false, symmetric: true }),
  words: linuxWords,
  privateWords: (shape, parameters) => ({
    ...linuxPrivates(shape, parameters),
    pending: setWords(shape.cpuCount),
    found: setWords(shape.cpuCount),
    batch: BATCH_WORDS,
  }),
  create: (host) => new ReclaimBatch(host),
} satisfies StrategyModule<LinuxWords, Privates>

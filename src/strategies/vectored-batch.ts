import { LEVEL_BATCH, type Operation } from '../contract/operation.js'
import { KERNEL_SPACE } from '../contract/page.js'
import type { Port } from '../contract/port.js'
import type { StrategyModule } from '../contract/strategy.js'
import { DONE, type Ticket } from '../contract/ticket.js'
import {
  LINUX_PARAMETERS,
  LinuxStrategy,
  linuxPrivates,
  linuxWords,
  type LinuxPrivates,
  type LinuxWords,
} from './shared/linuxStrategy.js'

class VectoredBatch extends LinuxStrategy {
  /** A gather is of one space: what it has of another one goes first. */
  began(cpu: Port, operation: Operation): Ticket {
    const { gather } = this
    const isOther = operation.space >= 0 && operation.space !== gather.space(cpu)
    return isOther && gather.count(cpu) > 0 ? this.flush(cpu) : DONE
  }

  /** Kernel ranges are no part of the vector: whoever has changed one is about to hand the page over. */
  override finished(cpu: Port, operation: Operation): Ticket {
    if (operation.depth > 0 && operation.space !== KERNEL_SPACE) return DONE
    if (operation.level !== LEVEL_BATCH || !operation.crowded) return super.finished(cpu, operation)
    const { gather } = this
    return this.flushWhole(cpu, gather.count(cpu) > 0 ? gather.space(cpu) : this.slots.loaded(cpu))
  }
}

/**
 * One gather across a vector: `process_madvise` with several ranges flushes when the call ends, once, and not when each
 * range does (SeongJae Park, Linux 2025). All else is Linux on x86: generations, slots of tags, lazy CPUs, call queues,
 * the ceiling and the gather limit.
 *
 * ## State
 *
 * That of `linux`: generation and mask of each space; slots, lazy flag, queue and request of each CPU. The gather lives
 * for as long as the batch.
 *
 * ## Who does what
 *
 * - **Initiator**: what the ranges of a batch change is gathered into one range, from the lowest page to the highest.
 *   When the batch of depth 0 ends, it raises the generation and runs one round. A range of another space flushes what
 *   has been gathered before it begins. A kernel range flushes at its own end. Outside of batches each call flushes at
 *   its end.
 * - **Responder**: a partial flush if the range is named, its generation the very next one and the newest; else all of
 *   the space; nothing if the generation is there already, or another space is loaded.
 * - **Switch**: publishes its bit, then reads the generation; keeps a slot that is current, flushes a stale one.
 * - **Idle**: lazy CPUs are left out unless walks count, and compare generations when they wake.
 *
 * ## Why it is safe
 *
 * Frames and addresses stay held until the batch ends, for the end of a range in a batch is no event. Who needs one of
 * them before, this CPU itself included, demands it, and everything is flushed then. An operation of another CPU that
 * finds an entry empty which the batch has emptied demands too. At the end the invariant is that of `linux`: a CPU whose
 * generation is n has carried out all flushes up to n.
 *
 * ## Counts
 *
 * A batch whose ranges lie in one space and reach over s pages from the first to the last, h other holders that are not
 * idle: one round (none if h = 0), h interrupts, (h + 1) s invalidations, or h + 1 full flushes if s is above the
 * ceiling. Holes count. Ranges of m spaces in turn: one round for each change of space and one at the end. A call by
 * itself: as `linux`.
 *
 * ## What differs from the source
 *
 * The vector is any batch, of whatever operations (the call takes MADV_DONTNEED and MADV_FREE); the kernel's is of one
 * space. The series is known from its description, not from its code. For the rest see `linux`.
 */
export default {
  summary: 'as linux, with one gather across all ranges of a batch',
  source: 'SeongJae Park, process_madvise with batched TLB flushes, Linux 2025; arch/x86/mm/tlb.c',
  parameters: LINUX_PARAMETERS,
  contract: () => 'return',
  assumes: () => ({ timeless: false, symmetric: true }),
  words: linuxWords,
  privateWords: linuxPrivates,
  create: (host) => new VectoredBatch(host),
} satisfies StrategyModule<LinuxWords, LinuxPrivates>

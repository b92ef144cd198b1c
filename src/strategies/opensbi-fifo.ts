import type { Port } from '../contract/port.js'
import { WORDS_PER_LINE, type StrategyHost, type StrategyModule } from '../contract/strategy.js'
import { AGAIN, DONE } from '../contract/ticket.js'
import { holderBlock } from './shared/holders.js'
import { CEILING, GATHER_LIMIT } from './shared/linuxParameters.js'
import { MergingFifos, RANGE_WORDS } from './shared/mergingFifos.js'
import {
  PER_OPERATION_PARTS,
  PerOperation,
  perOperationPrivates,
  type PerOperationPrivates,
} from './shared/perOperation.js'
import type { RoundWords } from './shared/roundStrategy.js'

export type FifoPrivates = PerOperationPrivates | 'sent' | 'taken'

export class OpensbiFifo extends PerOperation {
  constructor(host: StrategyHost<RoundWords, FifoPrivates>, Kind: typeof MergingFifos = MergingFifos) {
    super(host, { ...PER_OPERATION_PARTS, Round: Kind })
    const { fifos } = this
    fifos.slots = host.parameters['slots']
    fifos.sent = host.privates.sent
    fifos.taken = host.privates.taken
  }

  protected get fifos(): MergingFifos {
    return this.round as MergingFifos
  }

  override interrupted(cpu: Port): typeof DONE | typeof AGAIN {
    return this.fifos.tryToServe(cpu) ? DONE : AGAIN
  }
}

/**
 * On RISC-V the firmware flushes remote CPUs: Linux gathers an operation's range and asks OpenSBI, which
 * puts a request into a queue of every CPU that is named. A request that fits one which is waiting there
 * already is merged with it. Source: OpenSBI lib/sbi/sbi_tlb.c, its first versions (2019).
 *
 * ## State
 *
 * A queue of requests for each CPU, under a lock: space, range, and the set of CPUs that sent it. For each
 * sender, on a line of its own, how many targets have not answered. The CPUs that hold each space, and
 * the range gathered so far.
 *
 * ## Who does what
 *
 * - Initiator: gathers until its outermost operation ends. In the queue of each holder it looks for a
 *   request of the same space that contains its own (only its name is added) or lies inside it (that one
 *   is widened), else appends; then interrupts that holder. It flushes at home. Where a queue is full or
 *   locked it comes back, and drains its own queue in the interrupts that it takes meanwhile. It waits
 *   until all have answered.
 * - Responder: takes request after request out of its queue, flushes, and counts every sender of it down.
 * - Switch: publishes, loads without keeping anything, leaves the old space. Idle CPUs are interrupted.
 *
 * ## Why it is safe
 *
 * A request is read and taken out with the lock held, which is the lock that merging holds: whoever is
 * named in it was merged before, and its range is in what is flushed. The bad schedule without: CPU 2
 * has read a request, CPU 1 adds its name to it, and is neither flushed for nor answered. No sender waits
 * for room with its own queue closed: CPU 0 and CPU 1, each with a full queue, would wait for each
 * other for ever. Only its sender arms a countdown, after the last one has come to 0.
 *
 * ## Counts
 *
 * One operation over p pages with h other holders: h interrupts, sent one by one and so counted as h
 * rounds; a range of 1 page invalidates h + 1 pages, a longer one costs h + 1 full flushes. Of several
 * initiators some requests are merged, so a target may flush less often than it is asked: the counts
 * depend on timing where there are several initiators.
 *
 * ## What differs from the source
 *
 * In the source a sender that waits looks into its queue by itself, with interrupts off; here the
 * interrupts do it. Its targets answer one after the other through one flag there; here they count down.
 * Later versions send no interrupt to a CPU that has one pending. Other kinds of requests are left out.
 */
export default {
  summary: 'a queue of requests for each CPU, merged in place; who finds one full comes back',
  source: 'OpenSBI lib/sbi/sbi_tlb.c',
  parameters: {
    slots: {
      default: 8,
      min: 1,
      max: 64,
      unit: 'slots',
      summary: 'requests that a queue holds',
      source: 'OpenSBI SBI_TLB_FIFO_NUM_ENTRIES',
    },
    ceiling: {
      ...CEILING,
      default: 1,
      source: 'OpenSBI SBI_PLATFORM_TLB_RANGE_FLUSH_LIMIT_DEFAULT: 4096 bytes',
    },
    gatherLimit: GATHER_LIMIT,
  },
  contract: () => 'return',
  assumes: () => ({ timeless: false }),
  words: (shape, parameters) => ({
    holders: holderBlock(shape),
    request: { count: shape.cpuCount, stride: WORDS_PER_LINE },
    row: {
      count: shape.cpuCount,
      stride: MergingFifos.wordsPerCpu(parameters['slots'], shape.cpuCount),
    },
  }),
  privateWords: (shape) => ({
    ...perOperationPrivates(shape),
    sent: RANGE_WORDS,
    taken: MergingFifos.slotWords(shape.cpuCount),
  }),
  create: (host) => new OpensbiFifo(host),
} satisfies StrategyModule<RoundWords, FifoPrivates>

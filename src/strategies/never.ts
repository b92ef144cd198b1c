import type { Port } from '../contract/port.js'
import type { Strategy, StrategyModule } from '../contract/strategy.js'
import { DONE, type Ticket } from '../contract/ticket.js'
import { ONLY_TAG } from './shared/roundStrategy.js'

class Never implements Strategy {
  changed(): Ticket {
    return DONE
  }

  finished(): Ticket {
    return DONE
  }

  demanded(): Ticket {
    return DONE
  }

  resumed(): Ticket {
    return DONE
  }

  interrupted(): typeof DONE {
    return DONE
  }

  switched(cpu: Port, to: number): Ticket {
    cpu.activate(to, ONLY_TAG, false)
    return DONE
  }
}

/**
 * Flushes nothing, its own CPU included, and settles nothing. It is wrong on purpose: the upper bound of speed, what `immediate` or
 * `batched` would cost if telling the other CPUs and flushing took no time. Whatever is faster than this saves something else than the
 * shootdown. Beside it stands `ctxsw-deferred`, whose initiator flushes its own CPU: what telling the others costs is above that one.
 *
 * ## State
 *
 * None.
 *
 * ## Who does what
 *
 * - Initiator: nothing. Frames and addresses are held like any that nobody has flushed, and taken when there are no others.
 * - Responder: nothing, and nobody is interrupted.
 * - Switch: loads the space under the only tag, and the hardware drops what the tag held, as it does in every strategy here that
 *   uses one tag. Kernel mappings stay. Idle CPUs: nothing.
 *
 * ## Why it is safe
 *
 * It is not. A CPU that has cached a page goes on using it after it was unmapped, protected, or given to somebody else: I1, I2, I3, I5
 * and I6, and I9 when the run ends. The oracle counts them all, and under contract `none` they fail nothing and are never ranked.
 *
 * ## Counts
 *
 * For any operation: no round, no interrupt, no invalidation, no full flush, no demand. Faults are fewer than elsewhere: who still has the
 * old translation, the initiator included, does not notice that a page is gone. Where an address comes back at once (`madvise-page`)
 * little of the workload is then left, and the bound says nothing about the others.
 *
 * ## What differs from the source
 *
 * There is no kernel that does this. The nearest are switches to measure the cost, such as Firecracker's module parameter
 * `guest_memfd_tlb_flush`, off by default on x86 "to collect performance data for both"; it leaves out the flushes of the direct map
 * alone.
 */
export default {
  summary: 'flushes nothing at all: the upper bound of speed, unsafe on purpose',
  source:
    'none; a reference, as the switch guest_memfd_tlb_flush of Firecracker patch 0039 is for the direct map',
  parameters: {},
  contract: () => 'none',
  assumes: () => ({ timeless: true, symmetric: true }),
  words: () => ({}),
  privateWords: () => ({}),
  create: () => new Never(),
} satisfies StrategyModule<never, never>

import type { Change } from '../contract/change.js'
import { BINDING } from '../contract/obligation.js'
import type { Operation } from '../contract/operation.js'
import type { Port } from '../contract/port.js'
import { type Placed, type Strategy, type StrategyHost, type StrategyModule } from '../contract/strategy.js'
import { DONE, SETTLED, type Ticket } from '../contract/ticket.js'
import { Gather, GATHER_PRIVATES } from './shared/gather.js'
import { setWords } from './shared/holders.js'
import { CEILING } from './shared/linuxParameters.js'
import { flush } from './shared/round.js'
import { ONLY_TAG } from './shared/roundStrategy.js'
import { wholeLines } from './shared/lines.js'

type Words = 'pending'
type Privates = 'gather'

class CtxswDeferred implements Strategy {
  readonly #pending: Placed
  readonly #words: number
  readonly #gather: Gather

  constructor({ words, privates, parameters, shape }: StrategyHost<Words, Privates>) {
    this.#pending = words.pending
    this.#words = setWords(shape.cpuCount)
    this.#gather = new Gather(privates.gather, parameters['ceiling'])
  }

  changed(cpu: Port, change: Change): Ticket {
    if ((change.obligations & BINDING) !== 0) this.#gather.add(cpu, change)
    return DONE
  }

  /** The claim is false until the other CPUs have switched; XPFO goes on as if they had. */
  finished(cpu: Port, operation: Operation): Ticket {
    const gather = this.#gather
    if (operation.depth > 0) return DONE
    if (gather.count(cpu) > 0) {
      flush(cpu, gather.space(cpu), gather.first(cpu), gather.pages(cpu), 1)
      gather.clear(cpu)
      this.#leaveToOthers(cpu)
    }
    cpu.settle(cpu.id, cpu.issued(cpu.id))
    return SETTLED
  }

  /** Bits above the last CPU are set too; nobody reads them. */
  #leaveToOthers(cpu: Port): void {
    for (let word = 0; word < this.#words; word++) {
      const own = word === cpu.id >>> 5 ? 1 << (cpu.id & 31) : 0
      cpu.or(this.#pending.base + word, ~own)
    }
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
    const bit = 1 << (cpu.id & 31)
    const isPending = (cpu.and(this.#pending.base + (cpu.id >>> 5), ~bit) & bit) !== 0
    if (isPending) cpu.invalidateAll()
    return DONE
  }
}

/**
 * The initiator flushes its own CPU and notes that all others have to; each of them does so at its next context switch, whenever
 * that is. Proposed for XPFO (exclusive page frame ownership, LKML 2018-2019, not merged) after a full shootdown for every page
 * that went to user space had made kernel builds take 2.61 times the system time on 4 cores; with this it was 1.31 times.
 *
 * ## State
 *
 * One set of CPUs, a bit each, that have a flush pending: Linux' patch has a global `cpumask_t pending_xpfo_flush`. Every operation
 * writes it, so its line travels.
 *
 * ## Who does what
 *
 * - Initiator, at the end of an operation: drops the gathered range on its own CPU, all of the space above the ceiling; sets the
 *   bits of all other CPUs; goes on.
 * - Responder: is not interrupted.
 * - Switch: loads the new space; if its bit is set, clears it and drops everything. Idle CPUs do nothing until they switch.
 *
 * ## Why it is safe
 *
 * It is not, and was rejected for it: "the next context switch" is microseconds to seconds away (Thomas Gleixner). Until then a CPU uses
 * what was taken away, on behalf of whoever knows how: I3 for a page that was handed over, and here I1, I2, I5 and I6 as well. Contract
 * `none`: counted, never ranked.
 *
 * ## Counts
 *
 * For an operation on p pages of one range: p invalidations, or 1 full flush above the ceiling; no round, no interrupt. For each
 * context switch of a CPU: 1 full flush if another CPU has ended an operation with changes since its last one, else none.
 *
 * ## What differs from the source
 *
 * XPFO defers flushes of the kernel's direct map only and flushes user mappings as Linux always does. Here all changes wait, so that it can
 * be set beside `never` on every workload. A switch drops the old space's entries in any case, because all spaces run under one
 * tag; what is left to wait for is then global entries, and the same space across a switch between its threads.
 */
export default {
  summary:
    'the initiator flushes its own CPU; the others flush at their next context switch, unsafe on purpose',
  source:
    'XPFO: Khalid Aziz, "xpfo, mm: Defer TLB flushes for non-current CPUs (x86 only)", LKML 2019, not merged',
  parameters: { ceiling: CEILING },
  contract: () => 'none',
  assumes: () => ({ timeless: false, symmetric: true }),
  words: (shape) => ({
    pending: { count: 1, stride: wholeLines(setWords(shape.cpuCount)) },
  }),
  privateWords: () => ({ gather: GATHER_PRIVATES }),
  create: (host) => new CtxswDeferred(host),
} satisfies StrategyModule<Words, Privates>

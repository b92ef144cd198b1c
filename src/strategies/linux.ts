import type { Port } from '../contract/port.js'
import type { StrategyHost, StrategyModule } from '../contract/strategy.js'
import { IN_CONTEXT_PRIVATES, InContextRound } from './shared/inContextRound.js'
import { IN_CONTEXT } from './shared/linuxParameters.js'
import {
  LINUX_PARAMETERS,
  LINUX_PARTS,
  LinuxStrategy,
  linuxPrivates,
  linuxWords,
  type LinuxParts,
  type LinuxPrivates,
  type LinuxWords,
} from './shared/linuxStrategy.js'

type Privates = LinuxPrivates | 'deferred'

/** A class of its own, because who has `left` is told of every crossing. */
export class InContextLinux extends LinuxStrategy {
  readonly #inContext: InContextRound

  constructor(
    host: StrategyHost<LinuxWords, Privates>,
    parts: LinuxParts & { readonly Round: typeof InContextRound } = { ...LINUX_PARTS, Round: InContextRound },
  ) {
    super(host, parts)
    this.#inContext = this.round as InContextRound
    this.#inContext.acknowledgesEarly = true
    this.#inContext.deferred = host.privates.deferred
    this.#inContext.ceiling = host.parameters['ceiling']
  }

  left(cpu: Port): void {
    this.#inContext.returnToUser(cpu)
  }
}

/**
 * What Linux does on x86 since 4.14 (Andy Lutomirski): each space counts its flushes in a generation, each CPU knows up
 * to which one its translations are good, and who was left out catches up by comparing. Around it stand the gather of
 * `mm/mmu_gather.c`, lazy TLB mode and the call queues of `kernel/smp.c`.
 *
 * ## State
 *
 * Per space: a generation that only grows, and a mask of CPUs. Per CPU: the loaded space, `tags` slots (6) of space and
 * generation, each an address-space tag; a flag on a line of its own that says it is lazy; a queue, with one bit for each
 * initiator and a word that says it is not empty; one request.
 *
 * ## Who does what
 *
 * - **Initiator**: gathers one range for each range or call, up to `gatherLimit` changes, inside a batch as well. More
 *   pages than `ceiling`, or another operation on the space meanwhile (`mm_tlb_flush_nested`): the whole space. It raises
 *   the generation, takes the mask without lazy CPUs, adds itself to their queues, interrupts those whose queue was
 *   empty, flushes its own while they travel (`concurrent`), and waits.
 * - **Responder**: another space is loaded: nothing, and with `trim` its bit goes. Its generation is there already:
 *   nothing. A partial flush only if the request names a range, is the very next generation, and the newest; in any other
 *   case all of the space. Then it notes the newest generation. With `inContext` it acknowledges and notes the request; what has
 *   come until it returns to user code is merged, above `ceiling` or over a gap in the generations to the whole space, and
 *   flushed as the last thing in the kernel.
 * - **Switch**: sets its bit, THEN reads the generation, finds a slot. None: the next one round robin, which is flushed;
 *   a stale one: flushed; a current one: kept. The old bit goes when the new root is loaded.
 * - **Idle**: sets the flag; on waking takes it away, THEN compares, and flushes the space if it is behind. Freed tables,
 *   and what else counts for walks, interrupt lazy CPUs too. Kernel ranges reach every CPU.
 *
 * ## Why it is safe
 *
 * "My generation is n" means that every flush up to n has taken effect here. Both sides write, then read: the initiator
 * the generation, then mask and flags; the other its bit or flag, then the generation. So one sees the other. Read first:
 * the CPU reads 7, the initiator raises to 8 and finds no bit, the CPU keeps what its tag has. A partial flush over a gap
 * would note a generation whose range nobody has flushed. `earlyAck` is used where a handler's own translations cannot do
 * harm: user pages, no walk, no freed table.
 *
 * ## Counts
 *
 * One initiator, h other CPUs that run the space and are not idle, a range of p pages from the first to the last that
 * changed: 1 round (none if h = 0), h interrupts, p * (h + 1) invalidations where p <= `ceiling`, else h + 1 full flushes.
 * With c changes: ceil(c / `gatherLimit`) rounds. A batch of k ranges: k rounds. A kernel range: h = N - 1. Each wake after
 * at least one flush of the space: one full flush. Several initiators at once: fewer interrupts, by coalescing, and more
 * full flushes, by gaps and crowding; how many depends on timing.
 *
 * ## What differs from the source
 *
 * Generations have 32 bits (64), compared for equality where a slot may rest. The call queue is a bit for each initiator
 * (a list). A lazy CPU that is interrupted compares as it wakes, and idles again (it goes over to the kernel's space for
 * good). `trim` lacks the rule of one interrupt a second for each space. The old bit is cleared after the load, as up to
 * 4.13; later kernels clear it first (from memory, unverified). Cleaning before write-out gathers (`page_mkclean` flushes
 * page by page). `earlyAck` and `inContext` are the paper's and not in the kernel. There `inContext` puts off the half of a
 * flush that is about the user's tag; page-table isolation is not modelled, so here it is the whole flush of user pages, and no
 * initiator puts off its own.
 */
export default {
  summary: 'generations for each space, tags that outlive a switch, lazy CPUs, one gather for each range',
  source: 'Linux 6.3 arch/x86/mm/tlb.c, mm/mmu_gather.c and kernel/smp.c',
  parameters: { ...LINUX_PARAMETERS, inContext: IN_CONTEXT },
  contract: () => 'return',
  assumes: () => ({ timeless: false, symmetric: true }),
  words: linuxWords,
  privateWords: (shape, parameters) => ({
    ...linuxPrivates(shape, parameters),
    deferred: parameters['inContext'] === 0 ? 0 : IN_CONTEXT_PRIVATES,
  }),
  create: (host) => (host.parameters['inContext'] === 0 ? new LinuxStrategy(host) : new InContextLinux(host)),
} satisfies StrategyModule<LinuxWords, Privates>

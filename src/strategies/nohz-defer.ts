import type { Change } from '../contract/change.js'
import { BINDING } from '../contract/obligation.js'
import { KERNEL_SPACE } from '../contract/page.js'
import type { Port } from '../contract/port.js'
import { WORDS_PER_LINE, type Demand, type StrategyHost, type StrategyModule } from '../contract/strategy.js'
import { DONE, type Ticket } from '../contract/ticket.js'
import { owedByUse } from './shared/owesWalks.js'
import { AwayCpus } from './shared/awayCpus.js'
import { IdleRound } from './shared/idleRound.js'
import { CEILING, GATHER_LIMIT } from './shared/linuxParameters.js'
import {
  PER_OPERATION_PARTS,
  PerOperation,
  perOperationPrivates,
  type PerOperationPrivates,
} from './shared/perOperation.js'
import { roundWords, type RoundWords } from './shared/roundStrategy.js'

type Words = RoundWords | 'tracking'
type Privates = PerOperationPrivates | 'mayLeave' | 'isStrict'

/** Leaves CPUs in user mode out of rounds for kernel mappings: what IdleRound does with idle ones and user mappings. */
class DeferringRound extends IdleRound {
  protected override isUnused(space: number): boolean {
    return space === KERNEL_SPACE
  }
}

export class NohzDefer extends PerOperation {
  protected readonly tracking: AwayCpus
  readonly #mayLeave: number
  readonly #isStrict: number

  constructor(host: StrategyHost<Words, Privates>, Kind: typeof AwayCpus = AwayCpus) {
    super(host, { ...PER_OPERATION_PARTS, Round: DeferringRound })
    this.tracking = new Kind(host.words.tracking)
    this.#mayLeave = host.privates.mayLeave
    this.#isStrict = host.privates.isStrict
    const round = this.round as DeferringRound
    round.idle = this.tracking
    round.mayLeave = host.privates.mayLeave
  }

  override changed(cpu: Port, change: Change): Ticket {
    if ((change.obligations & BINDING) === 0) return DONE
    // Of two spaces the gather makes everything, user mappings with it.
    if (change.space !== KERNEL_SPACE || !owedByUse(change)) cpu.set(this.#isStrict, 1)
    return super.changed(cpu, change)
  }

  protected override flush(cpu: Port): Ticket {
    cpu.set(this.#mayLeave, 1 - cpu.get(this.#isStrict))
    cpu.set(this.#isStrict, 0)
    return super.flush(cpu)
  }

  override demanded(cpu: Port, demand: Demand): Ticket {
    cpu.set(this.#mayLeave, 0)
    return super.demanded(cpu, demand)
  }

  left(cpu: Port): void {
    this.tracking.goes(cpu)
  }

  entered(cpu: Port): void {
    this.tracking.returns(cpu)
  }
}

/**
 * CPUs that run user code are not interrupted for kernel mappings: the flush is left to them as a bit in their context-tracking word, and
 * done when they enter the kernel. After Valentin Schneider's proposal for Linux (CONTEXT_WORK_TLBI), made for isolated CPUs
 * whose one task must not be disturbed (NOHZ_FULL). XNU does the like for its kernel pmap.
 *
 * ## State
 *
 * As `batched`; and for each CPU a word on a line of its own: it is in user mode, and it has to flush.
 *
 * ## Who does what
 *
 * - Initiator: gathers as `batched`. If all that it has gathered are kernel mappings, and nothing of it is owed to walks, it goes
 *   through the other CPUs: where the word says "in user mode" a compare-exchange adds the flush, and the CPU is left out. It interrupts
 *   the others, flushes at home and waits for them. For all else it is `batched`.
 * - Responder: as `batched`.
 * - Entry: exchanges its word for 0 before any other kernel code; if a flush was there it drops everything. Exit, as the last
 *   thing: says "in user mode". Idle CPUs are in the kernel and are interrupted. Switch: as `immediate`.
 *
 * ## Why it is safe
 *
 * User code cannot use a kernel mapping, and the entry flushes before the kernel does. The look at the word and the request are one
 * compare-exchange: the CPU is either in user mode and will read the request, or is interrupted. A bit that is set without the look is
 * read by nobody while the CPU is in the kernel. Speculation does reach kernel mappings from user code, so what is exposed to a party
 * that is not trusted, and freed tables, interrupt everybody; so does a demand, whose answer must hold for everything.
 *
 * ## Counts
 *
 * For an operation of r kernel pages on N CPUs, u others of which run user code: 1 round, N - 1 - u interrupts (no round for 0), r * (N -
 * u) invalidations where r <= `ceiling`, else N - u full flushes; and one full flush at the next entry of each of the u,
 * however many operations have left it one. For user mappings, and where walks count, as `batched`.
 *
 * ## What differs from the source
 *
 * Only CPUs without a tick (NOHZ_FULL) are left alone there; here all are whose word says so, and ticks enter the kernel as in
 * hardware. It is known from the catalogue's summary of a request for comments, not from its code. The source
 * covers vmalloc ranges. Page-table isolation, under which user code has most of the kernel not even mapped, is not
 * modelled. An address that is demanded before it is used again costs a round with everybody.
 */
export default {
  summary:
    'CPUs that run user code flush kernel mappings when they enter the kernel, and are not interrupted',
  source: 'Valentin Schneider, CONTEXT_WORK_TLBI (LKML, request for comments); known from a summary',
  parameters: { ceiling: CEILING, gatherLimit: GATHER_LIMIT },
  contract: () => 'return',
  assumes: () => ({ timeless: false, symmetric: true }),
  words: (shape) => ({ ...roundWords(shape), tracking: { count: shape.cpuCount, stride: WORDS_PER_LINE } }),
  privateWords: (shape) => ({ ...perOperationPrivates(shape), mayLeave: 1, isStrict: 1 }),
  create: (host) => new NohzDefer(host),
} satisfies StrategyModule<Words, Privates>

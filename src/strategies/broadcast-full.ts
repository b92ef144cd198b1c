import type { Change } from '../contract/change.js'
import { BINDING } from '../contract/obligation.js'
import { KERNEL_SPACE } from '../contract/page.js'
import type { Port } from '../contract/port.js'
import type { StrategyHost, StrategyModule } from '../contract/strategy.js'
import { DONE, SETTLED, type Ticket } from '../contract/ticket.js'
import { WHOLE_SPACE } from './shared/round.js'
import {
  roundPrivates,
  RoundStrategy,
  roundWords,
  type RoundPrivates,
  type RoundWords,
} from './shared/roundStrategy.js'

class BroadcastFull extends RoundStrategy {
  readonly #isForHolders: boolean

  constructor(host: StrategyHost<RoundWords, RoundPrivates>) {
    super(host)
    this.#isForHolders = host.parameters['holdersOnly'] === 1
  }

  changed(cpu: Port, change: Change): Ticket {
    if ((change.obligations & BINDING) === 0) return this.flushed(cpu)
    return this.startRound(cpu, this.#isForHolders ? change.space : KERNEL_SPACE, 0, WHOLE_SPACE, 1)
  }

  /** Every earlier change of this CPU was settled before its own `changed` ended, so a prefix is claimed. */
  protected flushed(cpu: Port): Ticket {
    cpu.settle(cpu.id, cpu.issued(cpu.id))
    return SETTLED
  }

  finished(): Ticket {
    return DONE
  }
}

/**
 * The lower bound of all systems, which needs to know nothing: for every entry that is taken away all CPUs are interrupted, drop
 * all that they have cached, kernel mappings included, and answer; the operation goes on when all have. Nothing may be cheaper and
 * less safe. With `holdersOnly=1` it is what Redox' first shootdown did: only CPUs that use the space are interrupted, and each drops
 * all of that space (it reloads CR3), because no page is ever named.
 *
 * ## State
 *
 * A request for each initiator on a line of its own, and for each target a row of bits: who asks. The bits of who may hold a
 * space are kept either way, and read with `holdersOnly=1` alone.
 *
 * ## Who does what
 *
 * - Initiator, for each change: interrupts all other CPUs (the other holders), drops everything itself while the interrupts
 *   travel, waits for the countdown.
 * - Responder: drops everything (everything of the space), then counts down. One interrupt serves all who ask.
 * - Switch: sets its holder's bit, loads the space with everything of the old one dropped, clears the old bit. Idle CPUs are
 *   interrupted like others.
 *
 * ## Why it is safe
 *
 * The entry is gone before anybody is interrupted, so what is filled after a flush is new. A responder flushes before it counts down;
 * counted first, the initiator would free the frame while the page can still be reached. Without `holdersOnly` nothing else has
 * to be right. With it, the bit is set before the space is loaded and cleared after another is: cleared first, the CPU could fill
 * once more from the old root and would not be asked.
 *
 * ## Counts
 *
 * For an operation on p present pages, N CPUs of which h others hold the space. All: p rounds, p * (N - 1) interrupts, p * N full
 * flushes. `holdersOnly=1`: p rounds, p * h interrupts, p * (h + 1) full flushes, and no round without another holder. No single
 * invalidation in either. A kernel mapping has h = N - 1.
 *
 * ## What differs from the source
 *
 * The simplest form has one request word under a lock; here initiators have one each and do not exclude each other. Redox' form is
 * known from its merge request only, not from its code.
 */
export default {
  summary: 'interrupts every CPU for every changed entry; each drops everything, and all are waited for',
  source: "the lower bound of all systems; with holdersOnly Redox OS' first shootdown (merge request 282)",
  parameters: {
    holdersOnly: {
      default: 0,
      min: 0,
      max: 1,
      unit: '0 or 1',
      summary: '1: only CPUs that may hold the space, and only what they hold of it',
      source: 'none: what interrupts everybody is the bound',
    },
  },
  contract: () => 'return',
  assumes: () => ({ timeless: true, symmetric: true }),
  words: roundWords,
  privateWords: roundPrivates,
  create: (host) => new BroadcastFull(host),
} satisfies StrategyModule<RoundWords, RoundPrivates>

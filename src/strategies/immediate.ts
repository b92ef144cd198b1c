import type { Change } from '../contract/change.js'
import { BINDING } from '../contract/obligation.js'
import type { Port } from '../contract/port.js'
import type { StrategyHost, StrategyModule } from '../contract/strategy.js'
import { DONE, SETTLED, type Ticket } from '../contract/ticket.js'
import {
  ROUND_PARTS,
  roundPrivates,
  RoundStrategy,
  roundWords,
  type RoundParts,
  type RoundPrivates,
  type RoundWords,
} from './shared/roundStrategy.js'

type Privates = RoundPrivates | 'serial'

export class Immediate extends RoundStrategy {
  protected readonly serial: number

  constructor(host: StrategyHost<RoundWords, Privates>, parts: RoundParts = ROUND_PARTS) {
    super(host, parts)
    this.serial = host.privates.serial
  }

  changed(cpu: Port, change: Change): Ticket {
    cpu.set(this.serial, change.serial)
    if ((change.obligations & BINDING) === 0) return this.flushed(cpu)
    return this.startRound(cpu, change.space, change.firstPage, change.pageCount, change.pageCount)
  }

  /** Every earlier change of this CPU was settled before its own `changed` ended, so a prefix is claimed. */
  protected flushed(cpu: Port): Ticket {
    cpu.settle(cpu.id, cpu.get(this.serial))
    return SETTLED
  }

  finished(): Ticket {
    return DONE
  }
}

/**
 * The reference that everything else is held against. Each entry that is taken away costs a round of its own: all CPUs that
 * may hold the space are interrupted, drop the page and answer, and only then does the operation go on. seL4 does so under its
 * kernel lock; here several initiators may run rounds at the same time.
 *
 * ## State
 *
 * A bit for each CPU and space (who may hold it), a request for each initiator on a line of its own, and for each target
 * a row of bits: who asks.
 *
 * ## Who does what
 *
 * - Initiator, for each change: writes its request, sets its bit in the row of each holder, interrupts them, drops the page
 *   itself while the interrupts travel, and waits for a countdown.
 * - Responder: takes all bits of its row at once, and for each drops the page and counts down. One interrupt serves all who ask.
 * - Switch: sets its bit for the new space, loads it with everything dropped, then clears its bit for the old one.
 * - Idle CPUs are interrupted like all others.
 *
 * ## Why it is safe
 *
 * The request is complete before the bit in the row shows it. The responder drops the page before it answers: answered first,
 * the initiator would free the frame while the page can still be reached. A CPU sets its holder's bit before it loads
 * a space and clears it after it has loaded another; cleared first, it could fill an entry of the old space that an initiator
 * has just changed without asking it.
 *
 * ## Counts
 *
 * For an operation on p pages (4 KiB each, all of them present) of a space that h other CPUs hold: p rounds, p * h interrupts,
 * p * (h + 1) invalidations, no full flush. A kernel mapping has h = N - 1 of N CPUs. Without another holder there is no round.
 * Interrupts that find one pending are still counted as sent.
 *
 * ## What differs from the source
 *
 * seL4 has one remote call at a time, under one lock, and reaches its targets by cluster. Here initiators do not exclude each
 * other, and a send costs what the profile says.
 */
export default {
  summary: 'one synchronous round of interrupts for every changed entry',
  source: 'seL4, src/arch/x86/kernel/vspace.c: each unmap invalidates at once on the CPUs of the space',
  parameters: {},
  contract: () => 'return',
  assumes: () => ({ timeless: true, symmetric: true }),
  words: roundWords,
  privateWords: (shape) => ({ ...roundPrivates(shape), serial: 1 }),
  create: (host) => new Immediate(host),
} satisfies StrategyModule<RoundWords, Privates>

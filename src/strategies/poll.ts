import type { Port } from '../contract/port.js'
import type { StrategyHost, StrategyModule } from '../contract/strategy.js'
import { DONE, type Ticket } from '../contract/ticket.js'
import { CEILING, GATHER_LIMIT } from './shared/linuxParameters.js'
import {
  PER_OPERATION_PARTS,
  PerOperation,
  perOperationPrivates,
  type PerOperationPrivates,
} from './shared/perOperation.js'
import { POLL_NS } from './shared/pollNs.js'
import { Round } from './shared/round.js'
import { roundWords, type RoundWords } from './shared/roundStrategy.js'

/** A round without interrupts: the targets look at their rows. */
export class PolledRound extends Round {
  protected override tell(
    cpu: Port,
    count: number,
    space: number,
    firstPage: number,
    pageCount: number,
    stride: number,
  ): Ticket {
    if (count === 0) return DONE
    const ticket = cpu.arm(count)
    this.publish(cpu, space, firstPage, pageCount, stride, ticket)
    this.ask(cpu)
    return ticket
  }

  /** Only loads where nobody asks: an exchange would take the line from whoever is about to ask. */
  look(cpu: Port): void {
    const row = this.row.base + cpu.id * this.row.stride
    for (let word = 0; word < this.words; word++) if (cpu.load(row + word) !== 0) this.serve(cpu)
  }
}

export class Poll extends PerOperation {
  constructor(host: StrategyHost<RoundWords, PerOperationPrivates>, KindOfRound = PolledRound) {
    super(host, { ...PER_OPERATION_PARTS, Round: KindOfRound })
  }

  polled(cpu: Port): void {
    const round = this.round as PolledRound
    round.look(cpu)
  }
}

/**
 * A round in which nobody is interrupted: each CPU looks, at the points that its software passes anyway, whether somebody asks it to
 * flush. A proposal of this project, marked (P) in its catalogue; it is what workers on a SharedArrayBuffer can do at best,
 * since nothing there interrupts a worker, and so the honest bound for the mailboxes of `threads`. Barrelfish's monitors poll too, but
 * for messages (`barrelfish`).
 *
 * ## State
 *
 * As `batched`: a request for each initiator on a line of its own; for each target a row of bits, who asks; the CPUs that may hold
 * each space; the gathered range.
 *
 * ## Who does what
 *
 * - Initiator: gathers as `batched`. At the end of the outermost operation it writes its request, sets its bit in each holder's
 *   row, flushes at home, and waits until all have counted down. It looks at its own row while it waits.
 * - Responder: looks at its row at the crossings between user and kernel mode, between runs of accesses, and while it waits for a
 *   ticket or a lock, pauses, computes, rests or idles. If there are bits it takes them, flushes for each, counts each down.
 * - Idle: polls like everybody, as a CPU does that waits with MONITOR and MWAIT on the line of its row: an idle CPU that did not look
 *   would have to be interrupted for kernel mappings and freed tables. It is not woken, and nothing is left to it.
 * - Switch: as `immediate`.
 *
 * ## Why it is safe
 *
 * It is the round of `batched` with another way to begin the handler: the bits are taken, then comes the flush, then the answer, and
 * the answer is what the initiator waits for. Nobody who waits stops looking, so two initiators that ask each other both get
 * their answers. Looks are not taken where interrupts are off, so a software walk keeps a table as it does with interrupts. What
 * must not be done is to read the row and to clear it afterwards: a bit that is set in between is never served.
 *
 * ## Counts
 *
 * For an operation on p pages of a space that h other CPUs hold, in a range of r pages: no interrupt and no flush round (that column
 * counts calls that interrupt); r * (h + 1) invalidations where r <= `ceiling`, else h + 1 full flushes. How long it
 * takes is up to the slowest look.
 *
 * ## What differs from the source
 *
 * There is none. In `sim` a CPU that runs user code looks `pollNs` after it was asked, the longest that it can take, and one that
 * has nothing else to do at once; looks in vain cost nothing there, so what polling costs innocents is seen in `threads` only,
 * where a look is one load for each 32 CPUs. Code that never looks (a long loop without a safepoint) would stop everybody: no
 * tape is like that.
 */
export default {
  summary: 'one round for each operation without any interrupt: every CPU looks for requests by itself',
  source: 'a proposal of this project; what workers on a SharedArrayBuffer can do',
  parameters: { ceiling: CEILING, gatherLimit: GATHER_LIMIT, pollNs: POLL_NS },
  contract: () => 'return',
  assumes: ({ pollNs }) => ({ timeless: true, symmetric: true, pollNs }),
  words: roundWords,
  privateWords: perOperationPrivates,
  create: (host) => new Poll(host),
} satisfies StrategyModule<RoundWords, PerOperationPrivates>

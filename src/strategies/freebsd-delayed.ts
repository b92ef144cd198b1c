import { reachedSerial, type Change } from '../contract/change.js'
import type { Operation } from '../contract/operation.js'
import type { Port } from '../contract/port.js'
import type { Demand, StrategyHost, StrategyModule } from '../contract/strategy.js'
import { AGAIN, DONE, SETTLED, type Ticket } from '../contract/ticket.js'
import { CEILING, GATHER_LIMIT } from './shared/linuxParameters.js'
import { OpenBlocks, openBlockWords, type BlockWords } from './shared/openBlocks.js'
import {
  PerOperation,
  perOperationPrivates,
  settleIssued,
  type PerOperationPrivates,
} from './shared/perOperation.js'
import { roundWords, type RoundWords } from './shared/roundStrategy.js'

export type DelayedWords = RoundWords | BlockWords
export type DelayedPrivates = PerOperationPrivates | 'stage'

/** What the task's ticket is for, beside the rounds of `PerOperation`. */
const STAGE_NONE = 0
/** The last round of the operation: after it the block is closed. */
const STAGE_LAST = 1
/** The block is closed, and its generation has not passed. */
const STAGE_CLOSED = 2
/** For the progress of another CPU's task. */
const STAGE_ASLEEP = 3

export class FreebsdDelayed extends PerOperation {
  protected readonly blocks: OpenBlocks
  readonly #stage: number

  constructor(host: StrategyHost<DelayedWords, DelayedPrivates>, Kind: typeof OpenBlocks = OpenBlocks) {
    super(host)
    this.blocks = new Kind(host.words)
    this.#stage = host.privates.stage
  }

  began(cpu: Port, operation: Operation): Ticket {
    if (operation.depth === 0) this.blocks.open(cpu)
    return DONE
  }

  override changed(cpu: Port, change: Change): Ticket {
    change.tag = this.blocks.generationOf(cpu)
    return super.changed(cpu, change)
  }

  override finished(cpu: Port, operation: Operation): Ticket {
    if (operation.depth === 0) cpu.set(this.#stage, STAGE_LAST)
    return super.finished(cpu, operation)
  }

  /** A round in the middle of an operation, or the last one. */
  protected override flushed(cpu: Port): Ticket {
    settleIssued(cpu)
    if (cpu.get(this.#stage) !== STAGE_LAST) return SETTLED
    this.blocks.close(cpu)
    return this.#letPass(cpu)
  }

  #letPass(cpu: Port): Ticket {
    const isDone = this.blocks.letPass(cpu)
    cpu.set(this.#stage, isDone ? STAGE_NONE : STAGE_CLOSED)
    return isDone ? SETTLED : AGAIN
  }

  covered(cpu: Port, owner: number, serial: number, tag: number): boolean {
    return this.blocks.hasPassed(cpu, tag) || reachedSerial(cpu.settledUpTo(owner), serial)
  }

  override demanded(cpu: Port, demand: Demand): Ticket {
    if (!this.maySleep(demand)) return super.demanded(cpu, demand)
    let latest = demand.tags[0]
    for (let item = 1; item < demand.count; item++)
      if (reachedSerial(demand.tags[item], latest)) latest = demand.tags[item]
    if (this.blocks.hasPassed(cpu, latest)) return DONE
    cpu.set(this.#stage, STAGE_ASLEEP)
    return cpu.reached(this.blocks.passed, latest)
  }

  protected maySleep(demand: Demand): boolean {
    return demand.maySleep
  }

  override resumed(cpu: Port): Ticket {
    const stage = cpu.get(this.#stage)
    if (stage === STAGE_CLOSED) return this.#letPass(cpu)
    if (stage !== STAGE_ASLEEP) return super.resumed(cpu)
    cpu.set(this.#stage, STAGE_NONE)
    return DONE
  }
}

/**
 * FreeBSD's delayed invalidation: a thread that takes entries away says so beforehand, by an open block with a
 * generation, and stamps what it takes away. Whoever wants such a page again makes no round of its own but waits until
 * all blocks up to the stamp are closed: the one who reuses waits for the one who flushes. Source: FreeBSD
 * sys/amd64/amd64/pmap.c, `pmap_delayed_invl_start`, `_finish`, `_page` and `_wait`; read in notes and from memory.
 *
 * ## State
 *
 * A block for each CPU on a line of its own: closed, or the generation it was opened with. The generation handed out
 * last. The generation up to which every block is closed. For each change the generation of its block, as its tag. And what
 * `batched` has: holders, requests, the range gathered so far.
 *
 * ## Who does what
 *
 * - **Initiator**: opens its block when its outermost operation begins, gathers, makes one round at the end and waits for
 *   it. Then it closes the block, looks for the oldest one that is open, and lets all generations below that pass.
 * - **Who finds a page of an open block** and holds nothing that its owner could need, as in a fault: sleeps until the
 *   generation has passed. It sends nothing. Where it may not sleep (in an operation of its own, with entries locked, with
 *   frames in its hands): a round to every CPU, which drops everything.
 * - **Responder, switch, idle**: as `batched`.
 *
 * ## Why it is safe
 *
 * A generation passes when the block that has it is closed, and that is after its owner's round; so whatever is stamped with
 * it is flushed everywhere. A block is published before it takes its generation, under one that is not above it. Who closes
 * reads the generation handed out last before it looks at the blocks. The bad schedule: CPU 0 takes generation 1, CPU 1 takes 3,
 * closes, and sees no block of CPU 0, so 3 passes; CPU 0 publishes its block and changes a page, which passes for flushed.
 * Sleeping cannot end in a circle, because the owner of an open block needs nothing of who sleeps. With an entry
 * locked it could: the owner waits for the lock, and the sleeper for the owner.
 *
 * ## Counts
 *
 * An operation as in `batched`: with h other holders and r pages from the first to the last that changed, 1 round, h
 * interrupts and r * (h + 1) invalidations. Who wants a page of an open operation: nothing, where it may sleep; else 1 round
 * of N - 1 interrupts and N full flushes.
 *
 * ## What differs from the source
 *
 * - A generation is kept with each entry; FreeBSD hashes pages into a table of them, so that some wait for nothing.
 * - The open blocks are an array that is scanned, where FreeBSD keeps a list in their order, under a mutex or by a double
 *   compare and exchange; what closes out of turn passes with the oldest in both.
 * - Frames are handed on by the operation itself once it has flushed, so only addresses are ever found in an open
 *   block, by a fault on a page that another CPU has taken away in a batch that goes on.
 * - A fault lets go of its mapping before it sleeps, and starts again. FreeBSD spins a while and then blocks on a
 *   turnstile, which lends its priority; the round is that of `batched`, where FreeBSD's is `freebsd-scoreboard`.
 */
export default {
  summary:
    'an open block stamps what it takes away; who wants that again waits for the block, without a round',
  source: 'FreeBSD sys/amd64/amd64/pmap.c: pmap_delayed_invl_start, _finish, _page, _wait',
  parameters: { ceiling: CEILING, gatherLimit: GATHER_LIMIT },
  contract: () => 'return',
  assumes: () => ({ timeless: true, symmetric: true, sleeps: true }),
  words: (shape) => ({ ...roundWords(shape), ...openBlockWords(shape) }),
  privateWords: (shape) => ({ ...perOperationPrivates(shape), stage: 1 }),
  create: (host) => new FreebsdDelayed(host),
} satisfies StrategyModule<DelayedWords, DelayedPrivates>

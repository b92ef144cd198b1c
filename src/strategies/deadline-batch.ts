import { reachedSerial, type Change } from '../contract/change.js'
import { BINDING, EXPOSE, FRAME_REUSE, SEEN, VA_REUSE } from '../contract/obligation.js'
import type { Operation } from '../contract/operation.js'
import type { Parameters } from '../contract/parameter.js'
import type { Port } from '../contract/port.js'
import type { Demand, StrategyHost, StrategyModule } from '../contract/strategy.js'
import { type AGAIN, DONE, type Ticket } from '../contract/ticket.js'
import { settleIssued } from './shared/perOperation.js'
import { Gather, GATHER_PRIVATES } from './shared/gather.js'
import { CEILING } from './shared/linuxParameters.js'
import { roundBlocks } from './shared/round.js'
import {
  roundPrivates,
  RoundStrategy,
  roundWords,
  type RoundPrivates,
  type RoundWords,
} from './shared/roundStrategy.js'
import { UnattendedRound } from './shared/unattendedRound.js'

type Words = RoundWords | 'tickRequest' | 'tickRow'
type Privates = RoundPrivates | 'pending' | 'flying' | 'newest' | 'age' | 'urgent'

/** What may wait for the deadline, or for a demand before it. */
const DEFERRABLE = SEEN | EXPOSE | FRAME_REUSE | VA_REUSE

function ageTicks(parameters: Parameters): number {
  return Math.max(1, Math.ceil(parameters['ageUs'] / parameters['tickUs']))
}

class DeadlineBatch extends RoundStrategy {
  /** Changes that wait, from any number of operations. */
  readonly #pending: Gather
  /** What the round of the last tick is about. */
  readonly #flying: Gather
  readonly #tickRound: UnattendedRound
  readonly #privates: Readonly<Record<Privates, number>>
  readonly #count: number
  readonly #ageTicks: number

  constructor(host: StrategyHost<Words, Privates>) {
    super(host)
    const { words, privates, parameters, shape } = host
    const { tickRequest, tickRow } = words
    this.#pending = new Gather(privates.pending, parameters['ceiling'])
    this.#flying = new Gather(privates.flying, parameters['ceiling'])
    this.#tickRound = new UnattendedRound(
      tickRequest,
      tickRow,
      this.holders,
      privates.targets,
      shape.cpuCount,
    )
    this.#privates = privates
    this.#count = parameters['count']
    this.#ageTicks = ageTicks(parameters)
  }

  changed(cpu: Port, change: Change): Ticket {
    const binding = change.obligations & BINDING
    if (binding === 0) return DONE
    if (this.#pending.count(cpu) === 0) cpu.set(this.#privates.age, 0)
    this.#pending.add(cpu, change)
    cpu.set(this.#privates.newest, change.serial)
    if ((binding & ~DEFERRABLE) !== 0) cpu.set(this.#privates.urgent, 1)
    return this.#pending.count(cpu) < this.#count ? DONE : this.#flush(cpu)
  }

  finished(cpu: Port, operation: Operation): Ticket {
    if (operation.depth > 0) return DONE
    if (cpu.get(this.#privates.urgent) !== 0) return this.#flush(cpu)
    if (this.#pending.count(cpu) > 0 || this.#tickRound.isUnderWay(cpu)) return DONE
    return this.flushed(cpu)
  }

  /**
   * Settling is a prefix, so a round that a tick has begun and that is still under way is done over:
   * its changes are older than those that this one claims.
   */
  #flush(cpu: Port): Ticket {
    const pending = this.#pending
    cpu.set(this.#privates.urgent, 0)
    if (this.#tickRound.isUnderWay(cpu)) pending.addAll(cpu, this.#flying)
    if (pending.count(cpu) === 0) return this.flushed(cpu)
    const ticket = this.startRound(cpu, pending.space(cpu), pending.first(cpu), pending.pages(cpu), 1)
    pending.clear(cpu)
    return ticket
  }

  /** Everything that this CPU has issued was in a round that is complete. */
  protected flushed(cpu: Port): Ticket {
    return settleIssued(cpu)
  }

  /** Own changes: the batch ends early. What other CPUs have gathered only they know: the fallback. */
  override demanded(cpu: Port, demand: Demand): Ticket {
    for (let item = 0; item < demand.count; item++) {
      if (demand.owners[item] !== cpu.id) return super.demanded(cpu, demand)
    }
    return this.#flush(cpu)
  }

  override interrupted(cpu: Port): typeof DONE | typeof AGAIN {
    this.#tickRound.serve(cpu)
    return super.interrupted(cpu)
  }

  ticked(cpu: Port): void {
    const pending = this.#pending
    if (pending.count(cpu) === 0) return
    // Another CPU's demand has settled them all.
    if (reachedSerial(cpu.settledUpTo(cpu.id), cpu.get(this.#privates.newest))) {
      pending.clear(cpu)
      return
    }
    const age = cpu.get(this.#privates.age) + 1
    cpu.set(this.#privates.age, age)
    if (age < this.#ageTicks || this.#tickRound.isUnderWay(cpu)) return
    const flying = this.#flying
    flying.clear(cpu)
    flying.addAll(cpu, pending)
    // Read before the flush; all up to it is in this batch or settled, because no tick comes inside a hook.
    const serial = cpu.issued(cpu.id)
    this.#tickRound.startFor(cpu, serial, flying.space(cpu), flying.first(cpu), flying.pages(cpu))
  }
}

/**
 * Changes wait across operations and are flushed together: when a CPU has gathered so many, when the oldest has waited so long, or when
 * somebody asks for one of them because frames or addresses are short. It lies between `batched`, which flushes at the end of each
 * operation, and the lazy strategies, and makes the size of a batch a dial. No kernel has it in this form. The nearest proposal
 * is the preset `guest-memory`: pages of guest memory leave the direct map without a flush each, and one follows after every 512 pages
 * and at latest after about 5 s (LKML, October 2025); measured there within 30 % of never flushing.
 *
 * ## State
 *
 * For each CPU, privately: one range that holds all pending changes, and the age of the oldest in ticks. Shared: who may hold a space, the
 * request and row of a round that a task waits for, and a second pair for the round that a tick begins.
 *
 * ## Who does what
 *
 * - Initiator: adds the change to its batch. The `count`-th flushes the batch in one round and waits. So does the end of an operation
 *   that takes a permission, begins a write-out or frees a table, with everything that is pending.
 * - Who wants a frame or an address again: its own batch in one round; for another CPU's changes everything on every CPU.
 * - Tick: one older than `ageUs` begins a round that nobody waits for. Its last acknowledger settles it.
 * - Responder, for either round: drops the range, all of the space above the ceiling, then counts down. Idle CPUs are interrupted
 *   like others. Switch: as `batched`.
 *
 * ## Why it is safe
 *
 * Nothing is claimed before a round over it is complete, and frames and addresses are held until then. Claims are prefixes: a round that
 * a task waits for takes along the range of a tick's round that is still under way, or it would settle that one's changes before
 * all have flushed. The initiator counts as a responder of its tick's round; not counted, the others could settle what
 * it still holds itself. The last acknowledger reads the serial before it counts down: after that the initiator may write the next.
 * Time is never evidence: late ticks make the batch older, and the deadline is what the oracle then reports as broken (I9).
 *
 * ## Counts
 *
 * Changes that may wait, of one space with h other holders, no demand and no tick: after each `count` of them 1 round, h interrupts, and
 * (h + 1) times the pages of the range, or h + 1 full flushes if the range is above the ceiling. n changes: floor((k + n) / count) rounds,
 * where k were pending before. A batch with changes of several spaces, or of kernel mappings: h = N - 1 of N CPUs. An operation
 * that may not wait, and a demand: 1 round, which begins a new batch. The initiator's own translations wait as well: a page that it
 * still reads through an old one is not asked for.
 *
 * ## What differs from the source
 *
 * "Frames are short" is a demand here: a strategy cannot see how many are free. Age is counted in ticks of the CPU that made the changes.
 * The guest-memory proposal counts pages of all CPUs together and is about the direct map alone; here each CPU has its batch, and user
 * memory waits as well. Scattered pages make one range, which soon is everything, as the proposal expects. `graceUs` is no part of it:
 * a promise in real time needs room for a CPU that the host does not run.
 */
export default {
  summary: 'gathers changes across operations; flushes when they are many, when they are old, or on demand',
  source:
    'none as such; preset guest-memory: the deadline proposed for guest_memfd without direct map, LKML, October 2025',
  parameters: {
    count: {
      default: 256,
      min: 1,
      max: 1 << 20,
      unit: 'changes',
      summary: 'pending changes of a CPU that are flushed at once',
      source: "a proposal, after Linux' queue of freed IO addresses: 256 entries (IOVA_FQ_SIZE)",
    },
    ageUs: {
      default: 10_000,
      min: 1,
      max: 60_000_000,
      unit: 'us',
      summary: 'age of the oldest pending change at which a tick flushes, rounded up to ticks',
      source: 'a proposal, after the same queue: 10 ms (IOVA_FQ_TIMEOUT)',
    },
    tickUs: {
      default: 1000,
      min: 10,
      max: 1_000_000,
      unit: 'us',
      summary: 'time between two ticks of a CPU',
      source: 'the scheduler tick at HZ=1000',
    },
    graceUs: {
      default: 1_000_000,
      min: 10_000,
      max: 60_000_000,
      unit: 'us',
      summary: 'what the deadline allows for a late tick and the round that it begins',
      source: 'a proposal: hosts that are not real-time leave a thread waiting for some 100 ms',
    },
    ceiling: CEILING,
  },
  presets: {
    'guest-memory': {
      summary: '512 pages or 5 s',
      source: 'LKML, October 2025: the deadline proposed for guest_memfd without direct map',
      values: { count: 512, ageUs: 5_000_000 },
    },
  },
  contract: () => 'bounded',
  assumes: (parameters) => ({
    timeless: false,
    symmetric: true,
    tickNs: parameters['tickUs'] * 1000,
    deadlineNs: (ageTicks(parameters) * parameters['tickUs'] + parameters['graceUs']) * 1000,
  }),
  words: (shape) => {
    const { request, row } = roundBlocks(shape)
    return { ...roundWords(shape), tickRequest: request, tickRow: row }
  },
  privateWords: (shape) => ({
    ...roundPrivates(shape),
    pending: GATHER_PRIVATES,
    flying: GATHER_PRIVATES,
    newest: 1,
    age: 1,
    urgent: 1,
  }),
  create: (host) => new DeadlineBatch(host),
} satisfies StrategyModule<Words, Privates>

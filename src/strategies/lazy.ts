import type { Change } from '../contract/change.js'
import { BINDING, FRAME_REUSE, SEEN, VA_REUSE } from '../contract/obligation.js'
import type { Operation } from '../contract/operation.js'
import type { Port } from '../contract/port.js'
import { WORDS_PER_LINE, type Demand, type StrategyHost, type StrategyModule } from '../contract/strategy.js'
import { DONE, SETTLED, type Ticket } from '../contract/ticket.js'
import { CEILING } from './shared/linuxParameters.js'
import { Gather, GATHER_PRIVATES } from './shared/gather.js'
import { NO_SLOT, SweptRing } from './shared/sweptRing.js'
import {
  ROUND_PARTS,
  roundPrivates,
  RoundStrategy,
  roundWords,
  type RoundParts,
  type RoundPrivates,
  type RoundWords,
} from './shared/roundStrategy.js'

type Words = RoundWords | 'ring' | 'epoch'
type Privates = RoundPrivates | 'urgent' | 'deferred' | 'slot' | 'swept'

export interface LazyParts extends RoundParts {
  readonly SweptRing: typeof SweptRing
}

export const LAZY_PARTS: LazyParts = { ...ROUND_PARTS, SweptRing }

/** What may wait for a sweep: that the page is seen gone is waived by the contract, reuse is prevented by holding. */
const DEFERRABLE = SEEN | FRAME_REUSE | VA_REUSE

/**
 * LATR: an unmap is written into this CPU's ring instead of being told by interrupt; every CPU looks
 * through all rings at its tick and at a context switch, and a slot is free when every CPU has looked
 * twice since. A permission that is taken away, a page that is exposed: those take a round at once,
 * and what is deferred in the same operation goes along for nothing.
 */
export class Lazy extends RoundStrategy {
  protected readonly urgent: Gather
  protected readonly deferred: Gather
  protected readonly ring: SweptRing
  protected readonly slot: number
  readonly #isFreeAtOnce: boolean

  constructor(host: StrategyHost<Words, Privates>, parts: LazyParts = LAZY_PARTS) {
    super(host, parts)
    const { words, privates, parameters, shape } = host
    this.urgent = new Gather(privates.urgent, parameters['ceiling'])
    this.deferred = new Gather(privates.deferred, parameters['ceiling'])
    this.ring = new parts.SweptRing(
      words.ring,
      words.epoch,
      privates.swept,
      parameters['ring'],
      shape.cpuCount,
      parameters['sweeps'],
      parameters['countFirst'] === 1,
    )
    this.slot = privates.slot
    this.#isFreeAtOnce = parameters['freeAtOnce'] === 1
  }

  changed(cpu: Port, change: Change): Ticket {
    const binding = change.obligations & BINDING
    // The slot that the operation will get if it gets one: a later demand finds the range by it.
    change.tag = this.ring.nextSlot(cpu)
    if (binding !== 0) ((binding & ~DEFERRABLE) === 0 ? this.deferred : this.urgent).add(cpu, change)
    return DONE
  }

  finished(cpu: Port, operation: Operation): Ticket {
    if (operation.depth > 0) return DONE
    const deferred = this.deferred
    cpu.set(this.slot, NO_SLOT)
    if (this.urgent.count(cpu) > 0) return this.flush(cpu)
    if (deferred.count(cpu) === 0) return this.flushed(cpu)
    this.ring.reclaim(cpu)
    if (this.ring.isFull(cpu)) return this.flush(cpu)
    // This CPU's own entries go now, as LATR's do: only the others are lazy.
    this.ring.flushHere(cpu, deferred.space(cpu), deferred.first(cpu), deferred.pages(cpu))
    this.ring.append(cpu, deferred.space(cpu), deferred.first(cpu), deferred.pages(cpu), cpu.issued(cpu.id))
    deferred.clear(cpu)
    // A lie with the preset `released`: its frames are free before anybody has swept.
    return this.#isFreeAtOnce ? SETTLED : DONE
  }

  protected flush(cpu: Port): Ticket {
    const urgent = this.urgent
    urgent.addAll(cpu, this.deferred)
    const ticket = this.startRound(cpu, urgent.space(cpu), urgent.first(cpu), urgent.pages(cpu), 1)
    urgent.clear(cpu)
    return ticket
  }

  /**
   * The round settles the operation, or the one slot that was demanded; earlier slots still wait, so
   * the watermark moves only where there are none.
   */
  protected flushed(cpu: Port): Ticket {
    if (cpu.get(this.slot) !== NO_SLOT) {
      this.ring.finishEarly(cpu, cpu.get(this.slot))
      return DONE
    }
    this.ring.settleUpTo(cpu, cpu.issued(cpu.id))
    return SETTLED
  }

  /** One slot of this CPU: a round over its range. Anything else: the fallback. */
  override demanded(cpu: Port, demand: Demand): Ticket {
    const slot = demand.tags[0]
    for (let item = 0; item < demand.count; item++) {
      if (demand.owners[item] !== cpu.id || demand.tags[item] !== slot) return super.demanded(cpu, demand)
    }
    if (!this.ring.isLive(cpu, slot)) return super.demanded(cpu, demand)
    cpu.set(this.slot, slot)
    const at = this.ring.slotWord(cpu.id, slot)
    return this.startRound(
      cpu,
      this.ring.spaceOf(cpu, at),
      this.ring.firstOf(cpu, at),
      this.ring.pagesOf(cpu, at),
      1,
    )
  }

  override switched(cpu: Port, to: number): Ticket {
    this.ring.sweep(cpu, this.holders)
    return super.switched(cpu, to)
  }

  ticked(cpu: Port): void {
    this.ring.sweep(cpu, this.holders)
    this.ring.reclaim(cpu)
  }
}

/**
 * LATR: an unmap interrupts nobody. It is written into a ring of the initiator's, every CPU looks through all rings at its tick and
 * at each switch, and when all have looked, what was unmapped is free. In between the pages and their addresses are held. What
 * must be gone at return (a permission, an exposed page) takes a round at once.
 *
 * ## State
 *
 * That of `batched`, twice (what may wait and what may not); for each CPU a ring of `ring` slots with space, range, serial and the
 * epoch in which it was written; one epoch for all, which moves on when every CPU has swept in it.
 *
 * ## Who does what
 *
 * - Initiator, at the end of an operation: drops its own entries and appends a slot; if the ring is full it runs a round instead.
 * - Every CPU, at its tick and at a switch: flushes what it finds in the slots of others since it last looked, if it holds the
 *   space, and counts its sweep. The last one moves the epoch on.
 * - Reuse: a slot is free three epochs after it was written, its changes are settled then. A demand before that runs a round over
 *   the slot.
 *
 * ## Why it is safe
 *
 * Time proves nothing: a CPU whose tick is late holds the epoch back, and with it every slot. A slot notes the epoch after it is
 * published, so sweeps that are counted for that epoch may have begun before; those of the next two have not.
 *
 * ## Counts
 *
 * For an operation that finds room in the ring, on p pages: no round and no interrupt; p invalidations on the initiator, and
 * p on each other holder at its next sweep. One that finds it full costs what `batched` costs. With S slots free and no tick in
 * between, of n operations max(0, n - S) take a round.
 *
 * ## What differs from the source
 *
 * The paper frees after two ticks by its description; the number of slots is from memory. It keeps a mask of CPUs in each slot
 * that each clears; here sweeps are counted for all slots at once, which writes one line less for each slot and CPU. That an unmapped page
 * is seen gone at return is given up, as in LATR: contract `reuse`.
 */
export default {
  summary: 'unmaps go into a ring that every CPU sweeps at its tick; no interrupt while the ring has room',
  source: 'Kumar et al., "LATR: Lazy Translation Coherence", ASPLOS 2018',
  parameters: {
    ring: {
      default: 64,
      min: 1,
      max: 1 << 16,
      unit: 'slots',
      summary: 'operations that a CPU can defer at a time; when it is full the next one takes a round',
      source: 'the paper has 64 (unverified, from memory); the released code has LAZY_TLB_NUM_ENTRIES = 256',
    },
    tickUs: {
      default: 1000,
      min: 10,
      max: 1_000_000,
      unit: 'us',
      summary: 'time between two sweeps of a CPU',
      source: 'the scheduler tick at HZ=1000',
    },
    ceiling: CEILING,
    freeAtOnce: {
      default: 0,
      min: 0,
      max: 1,
      unit: '0 or 1',
      summary: '1: frames and addresses are free when the operation ends; unsafe',
      source: 'the paper holds them; the released code does so only with LAZY_MEM_FREE, which is off',
    },
    sweeps: {
      default: 2,
      min: 1,
      max: 2,
      unit: 'sweeps',
      summary: 'of every CPU after which a slot is free; the epochs need no more than one',
      source:
        'the paper reclaims after two ticks (unverified, from memory); CortenMM when every bit is clear',
    },
    countFirst: {
      default: 0,
      min: 0,
      max: 1,
      unit: '0 or 1',
      summary: '1: a CPU says that it has swept, and then sweeps; unsafe',
      source: 'the paper clears the bit of a CPU after its flush; CortenMM clears it before',
    },
  },
  presets: {
    released: {
      summary: "LATR's released code as it is built by default: frames are freed at once",
      source: 'sslab-gatech/latr (Linux 4.10): LAZY_TLB_NUM_ENTRIES 256, LAZY_MEM_FREE off',
      values: { ring: 256, freeAtOnce: 1 },
    },
    cortenmm: {
      summary: 'the LATR of the CortenMM artifact: a CPU removes its bit before it has flushed',
      source: 'SOSP 2025 artifact of CortenMM: LATR_ARRAY_SIZE 64',
      values: { ring: 64, sweeps: 1, countFirst: 1 },
    },
  },
  contract: (parameters) =>
    parameters['freeAtOnce'] === 1 || parameters['countFirst'] === 1 ? 'none' : 'reuse',
  assumes: (parameters) => ({
    timeless: false,
    symmetric: true,
    tickNs: parameters['tickUs'] * 1000,
  }),
  words: (shape, parameters) => ({
    ...roundWords(shape),
    ring: { count: shape.cpuCount, stride: SweptRing.wordsPerCpu(parameters['ring']) },
    epoch: { count: 2, stride: WORDS_PER_LINE },
  }),
  privateWords: (shape) => ({
    ...roundPrivates(shape),
    urgent: GATHER_PRIVATES,
    deferred: GATHER_PRIVATES,
    slot: 1,
    swept: 1 + shape.cpuCount,
  }),
  create: (host) => new Lazy(host),
} satisfies StrategyModule<Words, Privates>

import type { Change } from '../contract/change.js'
import { BINDING, EXPOSE, FRAME_REUSE, SEEN, VA_REUSE } from '../contract/obligation.js'
import type { Operation } from '../contract/operation.js'
import { KERNEL_SPACE } from '../contract/page.js'
import type { Port } from '../contract/port.js'
import {
  WORDS_PER_LINE,
  type Demand,
  type Placed,
  type StrategyHost,
  type StrategyModule,
} from '../contract/strategy.js'
import { DONE, SETTLED, type Ticket } from '../contract/ticket.js'
import { Gather, GATHER_PRIVATES } from './shared/gather.js'
import { CEILING } from './shared/linuxParameters.js'
import { WHOLE_SPACE } from './shared/round.js'
import {
  roundPrivates,
  RoundStrategy,
  roundWords,
  type RoundPrivates,
  type RoundWords,
} from './shared/roundStrategy.js'

type Words = RoundWords | 'begun' | 'dirty' | 'flushed'
type Privates = RoundPrivates | 'gather' | 'isUrgent' | 'number' | 'space'

/** What may wait until somebody asks for it, or a flush comes by. */
const DEFERRABLE = SEEN | FRAME_REUSE | VA_REUSE | EXPOSE

/** In `number`: the round is for a range, and discharges nothing but its own changes. */
const NO_NUMBER = 0

class Piggyback extends RoundStrategy {
  readonly #gather: Gather
  readonly #words: Readonly<Record<Words, Placed>>
  readonly #privates: Readonly<Record<Privates, number>>

  constructor(host: StrategyHost<Words, Privates>) {
    super(host)
    this.#gather = new Gather(host.privates.gather, host.parameters['ceiling'])
    this.#words = host.words
    this.#privates = host.privates
  }

  /** The number is read after the entry is gone: a flush that gets a later one begins after that. */
  changed(cpu: Port, change: Change): Ticket {
    change.tag = cpu.load(this.#words.begun.base)
    const binding = change.obligations & BINDING
    if (binding === 0) return DONE
    this.#gather.add(cpu, change)
    if ((binding & ~DEFERRABLE) !== 0) cpu.set(this.#privates.isUrgent, 1)
    else if (cpu.load(this.#dirtyWord(change.space)) === 0) cpu.store(this.#dirtyWord(change.space), 1)
    return DONE
  }

  finished(cpu: Port, operation: Operation): Ticket {
    if (operation.depth > 0) return DONE
    const gather = this.#gather
    const isUrgent = cpu.get(this.#privates.isUrgent) === 1
    const space = gather.space(cpu)
    const first = gather.first(cpu)
    const pages = gather.pages(cpu)
    gather.clear(cpu)
    cpu.set(this.#privates.isUrgent, 0)
    if (!isUrgent) return DONE
    if (pages === WHOLE_SPACE || cpu.load(this.#dirtyWord(space)) !== 0) return this.#flushAll(cpu, space)
    cpu.set(this.#privates.number, NO_NUMBER)
    return this.startRound(cpu, space, first, pages, 1)
  }

  override demanded(cpu: Port, demand: Demand): Ticket {
    const space = demand.spaces[0]
    for (let item = 1; item < demand.count; item++)
      if (demand.spaces[item] !== space) return this.#flushAll(cpu, KERNEL_SPACE)
    return this.#flushAll(cpu, space)
  }

  /**
   * All of a space, on all who hold it; of KERNEL_SPACE everything on everybody. The bit is cleared before the number is
   * taken: a change in between is covered and leaves the bit set for nothing, where the other order would clear the
   * bit of a change that is not covered.
   */
  #flushAll(cpu: Port, space: number): Ticket {
    cpu.store(this.#dirtyWord(space), 0)
    // Never NO_NUMBER: after 2^32 flushes one number is left out.
    let number = (cpu.add(this.#words.begun.base, 1) + 1) | 0
    if (number === NO_NUMBER) number = (cpu.add(this.#words.begun.base, 1) + 1) | 0
    cpu.set(this.#privates.number, number)
    cpu.set(this.#privates.space, space)
    return this.startRound(cpu, space, 0, WHOLE_SPACE, 1)
  }

  protected flushed(cpu: Port): Ticket {
    const number = cpu.get(this.#privates.number)
    if (number === NO_NUMBER) return SETTLED
    const word = this.#flushedWord(cpu.get(this.#privates.space))
    const before = cpu.load(word)
    // Where another CPU notes its own flush at the same time, one of the two is forgotten: a demand too many at most.
    if (((number - before) | 0) > 0) cpu.compareExchange(word, before, number)
    return SETTLED
  }

  covered(cpu: Port, _owner: number, _serial: number, tag: number, space: number): boolean {
    return (
      ((cpu.load(this.#flushedWord(space)) - tag) | 0) > 0 ||
      ((cpu.load(this.#flushedWord(KERNEL_SPACE)) - tag) | 0) > 0
    )
  }

  #dirtyWord(space: number): number {
    return this.#words.dirty.base + space * this.#words.dirty.stride
  }

  #flushedWord(space: number): number {
    return this.#words.flushed.base + space * this.#words.flushed.stride
  }
}

/**
 * Nothing is flushed when a page goes away: it is remembered, one bit for each space, that some CPU may have some stale entry
 * of it. Any flush that the space needs for another reason then becomes a flush of all of it and takes the old entries along.
 * Only where a frame or an address is wanted again before that does it cost a round of its own. Brendan Jackman proposed it
 * on LKML for address-space isolation, where the flushes that happen anyway are many; it was not built there.
 *
 * ## State
 *
 * For each space the bit, and the number of the last flush of all of it that is complete; one counter that numbers those flushes as
 * they begin. A change carries the number that the counter showed once its entry was gone.
 *
 * ## Who does what
 *
 * - Initiator: notes the counter and sets the bit. A permission that is taken away, a write-out, a freed table cannot wait:
 *   at the end of that operation it runs a round, over the range if the bit is clear, else over the whole space.
 * - Who wants a frame or an address again that is not covered: a round over the whole space, or over everything where
 *   several spaces are asked about.
 * - Responder, switch, idle: as `immediate`.
 *
 * ## Why it is safe
 *
 * A flush takes its number before it asks anybody, and is noted when everybody has answered. A change that saw a lower
 * number was made before that flush began, so no CPU can have filled the old entry after it. A CPU that does not hold the
 * space has dropped it when it left. Held frames and addresses are released by that comparison only.
 *
 * ## Counts
 *
 * For an operation on p pages of a space that h other CPUs hold: no round, no interrupt and no invalidation where all of it
 * can wait. The next operation there that cannot wait: 1 round, h interrupts and h + 1 full flushes; without anything deferred
 * before it 1 round, h interrupts and p * (h + 1) invalidations. A frame or an address that is wanted before: the same as the former.
 *
 * ## What differs from the source
 *
 * The proposal flushes before a page may leave its process, and lets a process reuse its own pages without: here the
 * oracle asks for the flush in both cases. Flush numbers stand in for the bit where it has to be known which changes a
 * flush has covered.
 */
export default {
  summary: 'remembers that a space has stale entries; the next flush it needs anyway takes them along',
  source: 'Brendan Jackman, LKML: mm-global flushes for ASI, one bit for each mm (proposal, not merged)',
  parameters: { ceiling: CEILING },
  contract: () => 'reuse',
  assumes: () => ({ timeless: false, symmetric: true }),
  words: (shape) => ({
    ...roundWords(shape),
    begun: { count: 1, stride: WORDS_PER_LINE },
    dirty: { count: shape.spaceCount, stride: WORDS_PER_LINE },
    flushed: { count: shape.spaceCount, stride: WORDS_PER_LINE },
  }),
  privateWords: (shape) => ({
    ...roundPrivates(shape),
    gather: GATHER_PRIVATES,
    isUrgent: 1,
    number: 1,
    space: 1,
  }),
  create: (host) => new Piggyback(host),
} satisfies StrategyModule<Words, Privates>

import { reachedSerial, type Change } from '../contract/change.js'
import { BINDING, FRAME_REUSE, SEEN, VA_REUSE } from '../contract/obligation.js'
import type { Operation } from '../contract/operation.js'
import { DIRTY, KERNEL_SPACE, WRITABLE } from '../contract/page.js'
import type { Port } from '../contract/port.js'
import type { Demand, StrategyHost, StrategyModule } from '../contract/strategy.js'
import { type AGAIN, DONE, SETTLED, type Ticket } from '../contract/ticket.js'
import { Gather, GATHER_PRIVATES } from './shared/gather.js'
import { CEILING } from './shared/linuxParameters.js'
import { pendingBlocks, PendingFlush, type PendingWords } from './shared/pendingFlush.js'
import {
  roundPrivates,
  RoundStrategy,
  roundWords,
  type RoundPrivates,
  type RoundWords,
} from './shared/roundStrategy.js'

type Words = RoundWords | PendingWords
type Privates = RoundPrivates | 'urgent' | 'put' | 'newest' | 'isWaiting' | 'wanted'

/** What a stale read-only translation can wait for. */
const DEFERRABLE = SEEN | FRAME_REUSE | VA_REUSE

/** In a tag, above the bits of the generation: the change was put off. Other changes have the tag 0. */
const IS_PUT_OFF = 1 << 16

class Luf extends RoundStrategy {
  /** What is flushed at the end of the operation. */
  readonly #urgent: Gather
  /** What this operation has put off: goes along where there is something urgent. */
  readonly #put: Gather
  readonly #pending: PendingFlush
  /** Private words: the newest generation of an own change plus one, 0: none; whether the task waits for a flush, and for which generation. */
  readonly #newest: number
  readonly #isWaiting: number
  readonly #wanted: number
  readonly #unusedBits: number

  constructor(host: StrategyHost<Words, Privates>) {
    super(host)
    const { words, privates, parameters, shape } = host
    this.#urgent = new Gather(privates.urgent, parameters['ceiling'])
    this.#put = new Gather(privates.put, parameters['ceiling'])
    this.#pending = new PendingFlush(words, privates.targets, shape.cpuCount)
    this.#newest = privates.newest
    this.#isWaiting = privates.isWaiting
    this.#wanted = privates.wanted
    this.#unusedBits = 32 - parameters['generationBits']
  }

  changed(cpu: Port, change: Change): Ticket {
    const binding = change.obligations & BINDING
    if (binding === 0) return DONE
    if ((binding & ~DEFERRABLE) !== 0 || !isReadOnly(change)) {
      this.#urgent.add(cpu, change)
      return DONE
    }
    this.#put.add(cpu, change)
    const generation = this.#pending.putOff(cpu, this.holders, change.space)
    cpu.set(this.#newest, (generation + 1) | 0)
    change.tag = IS_PUT_OFF | ((generation << this.#unusedBits) >>> this.#unusedBits)
    return DONE
  }

  finished(cpu: Port, operation: Operation): Ticket {
    const urgent = this.#urgent
    if (operation.depth > 0) return DONE
    if (urgent.count(cpu) === 0) {
      const hasPutOff = this.#put.count(cpu) > 0
      this.#put.clear(cpu)
      return hasPutOff ? DONE : this.flushed(cpu)
    }
    urgent.addAll(cpu, this.#put)
    const ticket = this.startRound(cpu, urgent.space(cpu), urgent.first(cpu), urgent.pages(cpu), 1)
    urgent.clear(cpu)
    return ticket
  }

  /** The operation is settled. So are all before it, if what they have put off was flushed meanwhile. */
  protected flushed(cpu: Port): Ticket {
    const isDone = ((this.#pending.done(cpu) + 1 - cpu.get(this.#newest)) | 0) >= 0
    const serial = cpu.issued(cpu.id)
    if (isDone && serial !== cpu.settledUpTo(cpu.id)) cpu.settle(cpu.id, serial)
    return SETTLED
  }

  covered(cpu: Port, owner: number, serial: number, tag: number): boolean {
    if (tag !== 0 && this.#behind(tag, this.#pending.done(cpu)) >= 0) return true
    return reachedSerial(cpu.settledUpTo(owner), serial)
  }

  /** How many generations a tag is behind one, by the few bits that it has. Two ahead of it is the most that there is, and still less than 0. */
  #behind(tag: number, generation: number): number {
    return ((generation - tag) << this.#unusedBits) >> this.#unusedBits
  }

  /** What was not put off was gathered by another CPU, or by an operation that is still open: the fallback. */
  override demanded(cpu: Port, demand: Demand): Ticket {
    const open = this.#pending.open(cpu)
    let wanted = (open - 1) | 0
    for (let item = 0; item < demand.count; item++) {
      const tag = demand.tags[item]
      if (tag === 0) return super.demanded(cpu, demand)
      // A tag that the few bits make look like one to come is an old one; any flush that begins now will do.
      if (this.#behind(tag, open) <= 0) wanted = open
    }
    cpu.set(this.#isWaiting, 1)
    cpu.set(this.#wanted, wanted)
    return this.#flushPending(cpu)
  }

  #flushPending(cpu: Port): Ticket {
    const ticket = this.#pending.flushUpTo(cpu, cpu.get(this.#wanted))
    if (ticket === DONE) cpu.set(this.#isWaiting, 0)
    return ticket
  }

  override resumed(cpu: Port): Ticket {
    return cpu.get(this.#isWaiting) === 0 ? super.resumed(cpu) : this.#flushPending(cpu)
  }

  override interrupted(cpu: Port): typeof DONE | typeof AGAIN {
    this.#pending.serve(cpu)
    return super.interrupted(cpu)
  }
}

/** Nothing was ever stored through it: the worst that a stale copy does is to read what was there. */
function isReadOnly({ oldFlags, space }: Change): boolean {
  return (oldFlags & (WRITABLE | DIRTY)) === 0 && space !== KERNEL_SPACE
}

/**
 * Pages that were mapped read-only and are clean are unmapped and freed without a flush; the flush comes when a frame of
 * them is handed out again, once for all that is pending, and not at all where a later flush has covered it. LUF ("lazy unmap flush") was
 * proposed by Byungchul Park for reclaim and migration to slow memory (LKML, v10 of May 2024 to v12 of February 2025, not merged).
 *
 * ## State
 *
 * One word with the generation that is open and whether the one before it is being flushed; the set of CPUs that the open one will have to
 * interrupt; for each CPU whether it is asked. A change that is put off carries its generation, in 16 bits, as LUF's page does
 * (`ugen`). Who may hold a space, requests and rows as `batched` has them.
 *
 * ## Who does what
 *
 * - Initiator: a read-only, clean page of user memory is put off: its holders and this CPU are added to the set, and the generation is read.
 *   Anything else, and all that owes more than its reuse, is gathered and flushed in one round at the end of the operation; what the
 *   same operation has put off goes along.
 * - Who wants a frame or an address again whose generation is not done: closes the open generation, takes the set, interrupts it.
 *   If a flush is under way it waits for that one, which is enough if its change is of that generation.
 * - Responder: drops everything, counts down; the last one ends the flush. Idle CPUs are interrupted like others. Switch: as `batched`.
 *
 * ## Why it is safe
 *
 * A stale copy is read-only, so it can show old contents and change nothing, and the contents stay as they are until the frame has a
 * new owner. A writable page at the same address would be new contents beside the old: before the address is populated the
 * flush is demanded, which is how LUF gives up where a writable mapping appears. The CPUs are added before the generation is
 * read, and taken after it was closed, so a generation is never done without one of its CPUs. Generations wrap at 16 bits and are
 * compared by signed difference. One that looks older than it is costs a flush too many; one cannot look done before it is, because
 * no more than two are ever under way.
 *
 * ## Counts
 *
 * An operation on read-only clean pages: no round, no interrupt, no invalidation. The first demand after any number of them: 1 round, 1
 * interrupt for each other CPU that held one of their spaces, and 1 full flush on each of these and on the CPUs that made the changes; the
 * demands after it nothing; a CPU that still has the old translation, the initiator included, asks for nothing. An operation on p writable pages with h other holders: as `batched`, 1 round, h interrupts, p * (h + 1)
 * invalidations, or h + 1 full flushes above the ceiling.
 *
 * ## What differs from the source
 *
 * LUF defers unmaps by reclaim and migration of pages whose mappings are all read-only; here any unmap or advise of such a page, which has one
 * mapping. It gives up wholesale at each writable mmap, write fault and file write; here only for the address that is populated. It puts
 * nothing off while a flush runs; here that counts to the next generation. There a reclaim's flush that reaches the same CPUs
 * empties the set as well; here only a flush of what is pending does. 0 is no generation there; here the tag has a bit for that.
 */
export default {
  summary: 'read-only clean pages go without a flush; one flush for all of them when one is wanted again',
  source: 'Byungchul Park, "mm: implement LUF(Lazy Unmap Flush)", LKML 2024-2025, mm/rmap.c; not merged',
  parameters: {
    generationBits: {
      default: 16,
      min: 2,
      max: 16,
      unit: 'bits',
      summary: 'of the generation that a change carries; fewer bring the wrap within reach of a test',
      source: 'LUF: unsigned short ugen in struct page',
    },
    ceiling: CEILING,
  },
  contract: () => 'reuse',
  assumes: () => ({ timeless: false, symmetric: true }),
  words: (shape) => ({ ...roundWords(shape), ...pendingBlocks(shape) }),
  privateWords: (shape) => ({
    ...roundPrivates(shape),
    urgent: GATHER_PRIVATES,
    put: GATHER_PRIVATES,
    newest: 1,
    isWaiting: 1,
    wanted: 1,
  }),
  create: (host) => new Luf(host),
} satisfies StrategyModule<Words, Privates>

import type { Change } from '../contract/change.js'
import { BINDING } from '../contract/obligation.js'
import type { Port } from '../contract/port.js'
import {
  WORDS_PER_LINE,
  type Demand,
  type Placed,
  type StrategyHost,
  type StrategyModule,
} from '../contract/strategy.js'
import { AGAIN, DONE, SETTLED, type Ticket } from '../contract/ticket.js'
import { setWords } from './shared/holders.js'
import { owesWalks } from './shared/owesWalks.js'
import { askTargets, flush } from './shared/round.js'
import {
  ONLY_TAG,
  roundPrivates,
  RoundStrategy,
  roundWords,
  type RoundPrivates,
  type RoundWords,
} from './shared/roundStrategy.js'
import { wholeLines } from './shared/lines.js'

type Words = RoundWords | 'lock' | 'slot' | 'quiet' | 'late' | 'asking'
type Privates = RoundPrivates | 'step' | 'to' | 'serial' | 'request' | 'stalled'

/** What this CPU's task is at. */
const NOTHING = 0
/** The CPUs of its last entry have still to flush. */
const LAST_ENTRY = 1
const LOCK = 2
const QUIESCE = 3
/** Nobody uses the space: the entry may be written. */
const STALLED = 4
/** The entry is written, and who was stalled has to flush before anybody goes on. */
const FLUSH = 5
const SWITCH = 6

/** Words of a slot. */
const STATE = 0
const SPACE = 1
const FIRST = 2
const PAGES = 3

/** States of a slot. */
const STALLING = 1
const WRITTEN = 2

class MachStall extends RoundStrategy {
  readonly #words: Readonly<Record<Words, Placed>>
  readonly #privates: Readonly<Record<Privates, number>>
  readonly #setWords: number

  constructor(host: StrategyHost<Words, Privates>) {
    super(host)
    this.#words = host.words
    this.#privates = host.privates
    this.#setWords = setWords(host.shape.cpuCount)
  }

  changing(cpu: Port, change: Change): Ticket {
    if ((change.obligations & BINDING) === 0) return DONE
    const at = this.#privates.request
    cpu.set(at + SPACE, change.space)
    cpu.set(at + FIRST, change.firstPage)
    cpu.set(at + PAGES, change.pageCount)
    cpu.set(this.#privates.step, LAST_ENTRY)
    // The slot is taken again only when everybody has done with it.
    return cpu.load(this.#late(cpu.id)) === 0 ? this.#takeLock(cpu) : cpu.zero(this.#late(cpu.id))
  }

  #takeLock(cpu: Port): Ticket {
    cpu.set(this.#privates.step, LOCK)
    return cpu.compareExchange(this.#words.lock.base, 0, 1) === 0 ? this.#stall(cpu) : AGAIN
  }

  /** The lock comes before the look at the holders: see `switched`. */
  #stall(cpu: Port): Ticket {
    const { request, step } = this.#privates
    const space = cpu.get(request + SPACE)
    const count = this.holders.targets(cpu, space, this.#privates.targets)
    cpu.set(step, STALLED)
    if (count === 0) return DONE
    const slot = this.#slot(cpu.id)
    cpu.store(slot + STATE, STALLING)
    cpu.store(slot + SPACE, space)
    cpu.store(slot + FIRST, cpu.get(request + FIRST))
    cpu.store(slot + PAGES, cpu.get(request + PAGES))
    cpu.store(this.#quiet(cpu.id), count)
    cpu.store(this.#late(cpu.id), count)
    askTargets(cpu, this.#privates.targets, this.#setWords, this.#words.asking)
    cpu.interruptSet(this.#privates.targets)
    cpu.set(step, QUIESCE)
    return cpu.zero(this.#quiet(cpu.id))
  }

  changed(cpu: Port, change: Change): Ticket {
    cpu.set(this.#privates.serial, change.serial)
    const wasStalled = cpu.get(this.#privates.step) === STALLED
    cpu.set(this.#privates.step, NOTHING)
    if ((change.obligations & BINDING) === 0) return this.flushed(cpu)
    // A directory entry: nothing was stalled for it.
    if (!wasStalled) return this.startRound(cpu, change.space, change.firstPage, change.pageCount, 1)
    cpu.store(this.#slot(cpu.id) + STATE, WRITTEN)
    cpu.store(this.#words.lock.base, 0)
    flush(cpu, change.space, change.firstPage, change.pageCount, 1)
    // Who was stalled flushes before it leaves its handler. Walks and the kernel's own mappings do not wait for that.
    if (!owesWalks(change) || cpu.load(this.#late(cpu.id)) === 0) return this.flushed(cpu)
    cpu.set(this.#privates.step, FLUSH)
    return cpu.zero(this.#late(cpu.id))
  }

  finished(): Ticket {
    return DONE
  }

  /** Nothing is edited, so nobody has to stand still: an ordinary round. */
  override demanded(cpu: Port, demand: Demand): Ticket {
    cpu.set(this.#privates.step, NOTHING)
    return super.demanded(cpu, demand)
  }

  override resumed(cpu: Port): Ticket {
    switch (cpu.get(this.#privates.step)) {
      case LAST_ENTRY:
      case LOCK:
        return this.#takeLock(cpu)
      case QUIESCE:
        cpu.set(this.#privates.step, STALLED)
        return DONE
      case FLUSH:
        cpu.set(this.#privates.step, NOTHING)
        return this.flushed(cpu)
      case SWITCH:
        return this.#enterSpace(cpu)
      default:
        return super.resumed(cpu)
    }
  }

  protected flushed(cpu: Port): Ticket {
    cpu.settle(cpu.id, cpu.get(this.#privates.serial))
    return SETTLED
  }

  override interrupted(cpu: Port): typeof DONE | typeof AGAIN {
    super.interrupted(cpu)
    return this.#standStill(cpu) ? AGAIN : DONE
  }

  /** @returns whether some initiator has not written its entry yet */
  #standStill(cpu: Port): boolean {
    let isStalled = false
    for (let word = 0; word < this.#setWords; word++) {
      const asking = cpu.exchange(this.#asking(cpu.id) + word, 0)
      for (let bits = asking; bits !== 0; bits &= bits - 1)
        cpu.add(this.#quiet(word * 32 + (31 - Math.clz32(bits & -bits))), -1)
      let stalled = cpu.get(this.#privates.stalled + word) | asking
      for (let bits = stalled; bits !== 0; bits &= bits - 1)
        if (this.#goesOn(cpu, word * 32 + (31 - Math.clz32(bits & -bits)))) stalled &= ~(bits & -bits)
      cpu.set(this.#privates.stalled + word, stalled)
      if (stalled !== 0) isStalled = true
    }
    return isStalled
  }

  #goesOn(cpu: Port, initiator: number): boolean {
    const slot = this.#slot(initiator)
    if (cpu.load(slot + STATE) !== WRITTEN) return false
    flush(cpu, cpu.load(slot + SPACE), cpu.load(slot + FIRST), cpu.load(slot + PAGES), 1)
    cpu.add(this.#late(initiator), -1)
    return true
  }

  /**
   * Publishes, THEN looks at the lock; an initiator takes the lock, THEN looks who holds the space. So either it stalls
   * this CPU too, or this CPU waits here until the entry is written. Without the wait it could fill the old entry
   * between the look and the write, and nobody would tell it.
   */
  override switched(cpu: Port, to: number): Ticket {
    this.holders.enter(cpu, to)
    cpu.set(this.#privates.to, to)
    cpu.set(this.#privates.step, SWITCH)
    return this.#enterSpace(cpu)
  }

  #enterSpace(cpu: Port): Ticket {
    if (cpu.load(this.#words.lock.base) !== 0) return AGAIN
    const to = cpu.get(this.#privates.to)
    cpu.activate(to, ONLY_TAG, false)
    const from = cpu.get(this.leftSpace)
    if (from !== to) this.holders.leave(cpu, from)
    cpu.set(this.#privates.step, NOTHING)
    return DONE
  }

  #slot(cpu: number): number {
    return this.#words.slot.base + cpu * this.#words.slot.stride
  }

  #quiet(cpu: number): number {
    return this.#words.quiet.base + cpu * this.#words.quiet.stride
  }

  #late(cpu: number): number {
    return this.#words.late.base + cpu * this.#words.late.stride
  }

  #asking(cpu: number): number {
    return this.#words.asking.base + cpu * this.#words.asking.stride
  }
}

/**
 * Nobody uses the space while its page table is edited. The initiator interrupts the CPUs that run it and waits until
 * each of them stands still in its handler; only then is the entry written, and who stood still flushes before it goes on. Black
 * et al. did so in Mach, because their hardware wrote referenced and modified bits back from the TLB; DragonFly BSD still
 * does. It is the dearest of the synchronous families and the only one in which no CPU can see the entry change.
 *
 * ## State
 *
 * One lock for all who stall others; a slot for each initiator with the range and whether the entry is written; two counts
 * beside it, of CPUs that do not stand still yet and of CPUs that have not flushed yet; for each target a row of bits: who asks.
 *
 * ## Who does what
 *
 * - Initiator, before each entry: waits until all have flushed for its entry before that, takes the lock, asks the holders to
 *   stand still, and waits until they do. After it has written the entry it says so, gives the lock back and drops its own
 *   translation. It does not wait for the flushes of the others, unless an exposure, a freed table or a kernel mapping is at stake.
 * - Responder: says that it stands still, looks at the slot again and again, flushes when the entry is written, and leaves.
 * - Switch: publishes the CPU as a holder, then waits while the lock is held, then loads the space.
 * - A demand edits nothing, so nobody stands still for it: a round as in `immediate`.
 *
 * ## Why it is safe
 *
 * From the initiator's look at the holders to the written entry no CPU can fill it: those that hold the space stand still, and a CPU
 * that is about to load it either was published before the look, or finds the lock taken. Without that wait it would
 * fill the old entry between the look and the write, and nobody would tell it. A CPU in its handler uses no user
 * translation, so the initiator may return before the flush: it is the first thing the responder does. Walks happen in
 * handlers too, hence the exceptions. One lock for all spaces keeps two CPUs from stalling each other.
 *
 * ## Counts
 *
 * For an operation on p pages of a space that h other CPUs hold: p rounds, p * h interrupts, p * (h + 1) invalidations: the
 * counts of `immediate`. What differs is how long responders stay in their handlers.
 *
 * ## What differs from the source
 *
 * DragonFly has a lock for each space and lets the CPU that is the last to stand still write the entry; here the kernel side
 * writes it, and one lock stands for all. Its watchdog, which sends interrupts again, its limit of 128 pages and its bulk
 * operation for kernel mappings are left out, and idle CPUs are interrupted like all others. Of Mach itself only
 * the abstract was at hand.
 */
export default {
  summary: 'all CPUs that run the space stand still in their handlers while the entry is written',
  source: 'Black et al., ASPLOS 1989; DragonFly BSD sys/platform/pc64/x86_64/pmap_inval.c',
  parameters: {},
  contract: () => 'return',
  assumes: () => ({ timeless: true, symmetric: true }),
  words: (shape) => ({
    ...roundWords(shape),
    lock: { count: 1, stride: WORDS_PER_LINE },
    slot: { count: shape.cpuCount, stride: WORDS_PER_LINE },
    quiet: { count: shape.cpuCount, stride: WORDS_PER_LINE },
    late: { count: shape.cpuCount, stride: WORDS_PER_LINE },
    asking: {
      count: shape.cpuCount,
      stride: wholeLines(setWords(shape.cpuCount)),
    },
  }),
  privateWords: (shape) => ({
    ...roundPrivates(shape),
    step: 1,
    to: 1,
    serial: 1,
    request: 4,
    stalled: setWords(shape.cpuCount),
  }),
  create: (host) => new MachStall(host),
} satisfies StrategyModule<Words, Privates>

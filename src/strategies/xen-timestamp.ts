import type { Change } from '../contract/change.js'
import { BINDING, EXPOSE, FRAME_REUSE, SEEN, VA_REUSE } from '../contract/obligation.js'
import type { Operation } from '../contract/operation.js'
import { KERNEL_SPACE } from '../contract/page.js'
import type { Port } from '../contract/port.js'
import { WORDS_PER_LINE, type Demand, type StrategyHost, type StrategyModule } from '../contract/strategy.js'
import { DONE, type Ticket } from '../contract/ticket.js'
import { setWords } from './shared/holders.js'
import {
  ONLY_TAG,
  ROUND_PARTS,
  roundPrivates,
  RoundStrategy,
  roundWords,
  type RoundPrivates,
  type RoundWords,
} from './shared/roundStrategy.js'
import { FlushClock, StampRound } from './shared/stampRound.js'

export type XenWords = RoundWords | 'clock' | 'time'
export type XenPrivates = RoundPrivates | 'needed' | 'urgent'

/** What may wait until somebody asks for it. */
const DEFERRABLE = SEEN | FRAME_REUSE | VA_REUSE | EXPOSE

/** Of the open operation's changes that may not wait: their space plus one (0: there are none), and the last one's stamp. */
const URGENT_SPACE = 0
const URGENT_STAMP = 1

/** The round is part of the class, because it is a filtered one throughout. */
export class XenTimestamp extends RoundStrategy {
  protected readonly clock: FlushClock
  protected readonly needed: number
  protected readonly cpuCount: number
  readonly #stampRound: StampRound
  readonly #urgent: number
  readonly #spaceCount: number

  constructor(host: StrategyHost<XenWords, XenPrivates>, Clock: typeof FlushClock = FlushClock) {
    super(host, { ...ROUND_PARTS, Round: StampRound })
    this.clock = new Clock(host.words.clock, host.words.time, host.parameters['wrap'])
    this.#stampRound = this.round as StampRound
    this.#stampRound.clock = this.clock
    this.needed = host.privates.needed
    this.#urgent = host.privates.urgent
    this.cpuCount = host.shape.cpuCount
    this.#spaceCount = host.shape.spaceCount
  }

  /** The stamp is read after the entry is gone: whoever flushes from now on cannot cache it again. */
  changed(cpu: Port, change: Change): Ticket {
    change.tag = this.clock.now(cpu)
    if ((change.obligations & BINDING & ~DEFERRABLE) !== 0) this.#noteUrgent(cpu, change.space, change.tag)
    return DONE
  }

  /** Who has flushed since the last stamp has flushed since the earlier ones. Changes of several spaces: on every CPU. */
  #noteUrgent(cpu: Port, space: number, stamp: number): void {
    const noted = cpu.get(this.#urgent + URGENT_SPACE)
    const isOther = noted !== 0 && noted !== space + 1
    cpu.set(this.#urgent + URGENT_SPACE, (isOther ? KERNEL_SPACE : space) + 1)
    cpu.set(this.#urgent + URGENT_STAMP, stamp)
  }

  /** The claim is left to `covered`: other changes of the operation may have to wait for their demand. */
  finished(cpu: Port, operation: Operation): Ticket {
    const space = cpu.get(this.#urgent + URGENT_SPACE) - 1
    if (operation.depth > 0 || space < 0) return DONE
    cpu.set(this.#urgent + URGENT_SPACE, 0)
    this.#clearNeeded(cpu)
    this.#stampRound.filter(cpu, space, cpu.get(this.#urgent + URGENT_STAMP), this.needed)
    return this.#stampRound.startFor(cpu, this.needed)
  }

  protected flushed(): Ticket {
    return DONE
  }

  covered(
    cpu: Port,
    _owner: number,
    _serial: number,
    tag: number,
    space: number,
    _obligations: number,
  ): boolean {
    this.#clearNeeded(cpu)
    this.#stampRound.filter(cpu, space, tag, this.needed)
    return this.#isNobodyNeeded(cpu)
  }

  override demanded(cpu: Port, demand: Demand): Ticket {
    this.#clearNeeded(cpu)
    for (let item = 0; item < demand.count; item++)
      this.#stampRound.filter(cpu, demand.spaces[item], demand.tags[item], this.needed)
    return this.#stampRound.startFor(cpu, this.needed)
  }

  #clearNeeded(cpu: Port): void {
    for (let word = 0; word < setWords(this.cpuCount); word++) cpu.set(this.needed + word, 0)
  }

  #isNobodyNeeded(cpu: Port): boolean {
    for (let word = 0; word < setWords(this.cpuCount); word++)
      if (cpu.get(this.needed + word) !== 0) return false
    return true
  }

  override interrupted(cpu: Port): typeof DONE {
    this.round.serve(cpu)
    this.clock.passWrap(cpu)
    return DONE
  }

  /** The bit stays until nothing of the space is cached: a filter that misses this CPU must be right. */
  override switching(): void {}

  override switched(cpu: Port, to: number): Ticket {
    this.holders.enter(cpu, to)
    cpu.activate(to, ONLY_TAG, false)
    this.clock.flush(cpu)
    for (let space = KERNEL_SPACE + 1; space < this.#spaceCount; space++)
      if (space !== to && this.holders.holds(cpu, space)) this.holders.leave(cpu, space)
    return DONE
  }
}

/**
 * When a page goes away nothing is flushed: the change is stamped with the time of a clock that ticks at every TLB flush of any
 * CPU. When its frame or its address is wanted again, only those CPUs are interrupted that may hold the space and have not flushed since,
 * for whatever reason. Xen does so when pages pass from one domain to another, or change their type.
 *
 * ## State
 *
 * The clock, on a line of its own; for each CPU the time of its last complete flush; the bits of who may hold a space (Xen's
 * `dirty_cpumask`). The stamp is the change's tag, kept with what is held for it (Xen: `tlbflush_timestamp` in the page's struct).
 *
 * ## Who does what
 *
 * - Initiator: reads the clock once the entry is gone, and that is all. What may not wait (a permission, a write-out, a table)
 *   takes one filtered round at the end of the operation.
 * - Who wants a frame or an address again: a CPU needs a flush if `time <= stamp` and `stamp <= now`. One round for
 *   all items of the demand, for the union of the CPUs that need it.
 * - Any flush, whoever asked for it: tick the clock, drop everything, note the tick as this CPU's time.
 * - Switch: enter the space, load it, flush as above, and only then clear the bits of other spaces. Idle CPUs are
 *   interrupted like others.
 * - Wrap: the CPU whose tick reaches the limit leaves the clock at 0, where nothing is covered and nothing ticks, and interrupts
 *   all; each flushes once, and the last one sets the clock to 1.
 *
 * ## Why it is safe
 *
 * The stamp is read after the write, and the tick comes before the flush. A CPU whose time is above the stamp ticked after the stamp
 * was read, so it flushed after the entry was gone and cannot fill it again. The bad schedule of a tick after the flush: flush,
 * fill once more by speculation, the entry goes with stamp 5, tick to 6; 6 is above 5 and the CPU is passed over. That of a stamp
 * before the write: stamp 5, another CPU flushes at 6 and fills the entry, the entry goes. Where two CPUs tick at once,
 * the loser takes the winner's tick: the clock had reached it before the loser's flush began.
 *
 * ## Counts
 *
 * An operation: no round, no interrupt, no invalidation, however many pages it has. One that owes something at its return, and
 * a demand: 1 round, 1 interrupt and 1 full flush for each of the other CPUs that hold the space and have not flushed since, and
 * 1 full flush of this CPU if it has not; nothing where all have. With h other holders that all need it: h interrupts and
 * h + 1 full flushes. Each context switch is a full flush more, which is counted. The CPU that took the page away keeps its own
 * old translation like all others: it asks for nothing while it goes on using that.
 *
 * ## What differs from the source
 *
 * Xen filters all online CPUs when it hands out a page, and the old owner's CPUs only when a type changes; here it is always the
 * holders of the space that the change was made in. It takes the greatest stamp of an allocation, here each item has its own. The
 * clock begins anew after 2^30 flushes and not 2^32 (Xen's debug builds: 2^10). Xen retries a tick that was beaten. Its switches
 * drop global entries only where these are not in use; here every flush drops all, so that one time tells everything.
 */
export default {
  summary: 'stamps what goes with a flush clock; at reuse only CPUs that have not flushed since are told',
  source:
    'Xen xen/arch/x86/flushtlb.c, and accumulate_tlbflush and filtered_flush_tlb_mask in xen/include/xen/mm.h',
  parameters: {
    wrap: {
      default: 1 << 30,
      min: 3,
      max: 1 << 30,
      unit: 'ticks',
      summary: 'the clock starts anew after this many flushes, with one flush on every CPU',
      source:
        'Xen wraps at 2^32, its debug builds at 2^10 (WRAP_MASK); smaller ones bring the wrap within reach of a test',
    },
  },
  contract: () => 'reuse',
  assumes: () => ({ timeless: false, symmetric: true }),
  words: (shape) => ({
    ...roundWords(shape),
    clock: { count: 2, stride: WORDS_PER_LINE },
    time: { count: shape.cpuCount, stride: WORDS_PER_LINE },
  }),
  privateWords: (shape) => ({ ...roundPrivates(shape), needed: setWords(shape.cpuCount), urgent: 2 }),
  create: (host) => new XenTimestamp(host),
} satisfies StrategyModule<XenWords, XenPrivates>

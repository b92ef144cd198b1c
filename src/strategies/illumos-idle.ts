import type { Change } from '../contract/change.js'
import { BINDING, WALK_REACH } from '../contract/obligation.js'
import { PRESENT } from '../contract/page.js'
import type { Port } from '../contract/port.js'
import { WORDS_PER_LINE, type Demand, type StrategyHost, type StrategyModule } from '../contract/strategy.js'
import { DONE, SETTLED, type Ticket } from '../contract/ticket.js'
import { AwayCpus } from './shared/awayCpus.js'
import { IdleRound } from './shared/idleRound.js'
import {
  ROUND_PARTS,
  roundPrivates,
  RoundStrategy,
  roundWords,
  type RoundPrivates,
  type RoundWords,
} from './shared/roundStrategy.js'

type Words = RoundWords | 'idle'
type Privates = RoundPrivates | 'mayLeave' | 'unload' | 'ranges'

/** Private words of an unload: how many ranges there are, the next to flush, their space, whether walks count in one. */
const COUNT = 0
const NEXT = 1
const SPACE = 2
const WALKS = 3
/** Serial of the last change that is in a range. */
const SERIAL = 4
/** A page that found no range left, plus one, and its serial: it begins the next lot. */
const CARRIED = 5
const CARRIED_SERIAL = 6
const UNLOAD_WORDS = 7

const FIRST = 0
const PAGES = 1
const RANGE_WORDS = 2

export class IllumosIdle extends RoundStrategy {
  readonly #idle: AwayCpus
  readonly #mayLeave: number
  readonly #unload: number
  readonly #ranges: number
  readonly #rangeCount: number

  constructor(
    host: StrategyHost<Words, Privates>,
    Kind: typeof AwayCpus = AwayCpus,
    KindOfRound: typeof IdleRound = IdleRound,
  ) {
    super(host, { ...ROUND_PARTS, Round: KindOfRound })
    const { words, privates, parameters } = host
    this.#idle = new Kind(words.idle)
    this.#mayLeave = privates.mayLeave
    this.#unload = privates.unload
    this.#ranges = privates.ranges
    this.#rangeCount = parameters['ranges']
    const round = this.round as IdleRound
    round.idle = this.#idle
    round.mayLeave = privates.mayLeave
  }

  /** Whether idle CPUs may be left out of what the change needs. */
  protected isLeft(change: Change): boolean {
    return (change.obligations & WALK_REACH) === 0
  }

  /** An unload collects; what only takes a permission away is one page and one round at once. */
  changed(cpu: Port, change: Change): Ticket {
    if ((change.obligations & BINDING) === 0) return DONE
    const at = this.#unload
    if (!this.isLeft(change)) cpu.set(at + WALKS, 1)
    cpu.set(at + SPACE, change.space)
    const isCollected = this.#collect(cpu, change.firstPage, change.pageCount)
    cpu.set(at + (isCollected ? SERIAL : CARRIED_SERIAL), change.serial)
    if (isCollected && (change.newFlags & PRESENT) === 0) return DONE
    if (!isCollected) cpu.set(at + CARRIED, change.firstPage + 1)
    return this.#begin(cpu)
  }

  /** @returns false: it would be one range too many */
  #collect(cpu: Port, firstPage: number, pageCount: number): boolean {
    const count = cpu.get(this.#unload + COUNT)
    const last = this.#rangeAt(count - 1)
    if (count > 0 && firstPage === cpu.get(last + FIRST) + cpu.get(last + PAGES)) {
      cpu.set(last + PAGES, cpu.get(last + PAGES) + pageCount)
      return true
    }
    if (count === this.#rangeCount) return false
    const at = this.#rangeAt(count)
    cpu.set(at + FIRST, firstPage)
    cpu.set(at + PAGES, pageCount)
    cpu.set(this.#unload + COUNT, count + 1)
    return true
  }

  #rangeAt(index: number): number {
    return this.#ranges + index * RANGE_WORDS
  }

  /** At the end of each range or call, inside a batch too: an unload is a call of its own. */
  finished(cpu: Port): Ticket {
    return cpu.get(this.#unload + COUNT) > 0 ? this.#begin(cpu) : this.flushed(cpu)
  }

  #begin(cpu: Port): Ticket {
    cpu.set(this.#mayLeave, 1 - cpu.get(this.#unload + WALKS))
    cpu.set(this.#unload + NEXT, 0)
    return this.flushed(cpu)
  }

  /** One cross call for each range, one after the other; then they are settled, and a carried page begins anew. */
  protected flushed(cpu: Port): Ticket {
    const at = this.#unload
    const next = cpu.get(at + NEXT)
    if (next < cpu.get(at + COUNT)) {
      cpu.set(at + NEXT, next + 1)
      const range = this.#rangeAt(next)
      return this.startRound(cpu, cpu.get(at + SPACE), cpu.get(range + FIRST), cpu.get(range + PAGES), 1)
    }
    const carried = cpu.get(at + CARRIED)
    cpu.set(at + COUNT, 0)
    const serial = carried === 0 ? cpu.issued(cpu.id) : cpu.get(at + SERIAL)
    if (serial !== cpu.settledUpTo(cpu.id)) cpu.settle(cpu.id, serial)
    if (carried === 0) {
      cpu.set(at + WALKS, 0)
      return SETTLED
    }
    cpu.set(at + CARRIED, 0)
    this.#collect(cpu, carried - 1, 1)
    cpu.set(at + SERIAL, cpu.get(at + CARRIED_SERIAL))
    return DONE
  }

  override demanded(cpu: Port, demand: Demand): Ticket {
    cpu.set(this.#mayLeave, 0)
    return super.demanded(cpu, demand)
  }

  idled(cpu: Port): void {
    this.#idle.goes(cpu)
  }

  woke(cpu: Port): void {
    this.#idle.returns(cpu)
  }
}

/**
 * illumos on i86pc: an idle CPU is never interrupted. Whoever would have done so leaves it a request in the word in which
 * it says that it is idle, and it flushes everything when it wakes. A small scheme without generations, to be held
 * against Linux' lazy mode.
 *
 * ## State
 *
 * Per space a mask of CPUs. Per CPU one word with two bits, HALTED and INVAL_ALL, and while an unload goes on up to
 * `ranges` ranges (8, MAX_UNLOAD_CNT).
 *
 * ## Who does what
 *
 * - **Initiator**: an unload collects ranges of pages that follow one another. At its end, or when one more begins than
 *   there is room for, it runs one cross call for each range, one after the other. For each: of the CPUs in the mask it
 *   exchanges HALTED for HALTED and INVAL_ALL; where that succeeds, or both stand there already, the CPU is left out. The
 *   others are interrupted, the initiator flushes, and waits. A permission that is taken away is a cross call for each
 *   page.
 * - **Responder**: flushes the range page by page, whatever its length, and acknowledges.
 * - **Switch**: loads the new space with a flush, then takes its bit out of the old mask.
 * - **Idle**: stores HALTED. On waking it exchanges its word for 0, and if INVAL_ALL was there flushes everything.
 *
 * ## Why it is safe
 *
 * The look at HALTED and the request are one compare-exchange, so the CPU is either asleep and will read the request, or
 * awake and is interrupted. Looked at first and told afterwards, it could wake in between and never read it. On waking
 * the word is taken in one exchange, and only then comes the flush: the other way round a request between the two would
 * be taken as done. The request is there after the entry is written, so what the CPU caches after its flush is new.
 *
 * ## Counts
 *
 * An unload in r ranges with p pages, h other CPUs in the mask that are not idle: r rounds (none if h = 0), r h
 * interrupts, (h + 1) p invalidations; there is no ceiling. A freed leaf table is a range by itself. Taking a permission
 * away from p pages: p rounds of one page. Ranges of the kernel: h = N - 1. Each wake of a CPU that was left out at least
 * once: one full flush.
 *
 * ## What differs from the source
 *
 * Freed tables, what else counts for walks, and kernel ranges interrupt idle CPUs here; the description that this follows
 * makes no such exception. That a permission is taken away page by page is from memory, unverified. The source flushes
 * nothing for a space that is torn down (HAT_FREEING): left out, for nothing here tears one down. Shared page tables, for
 * which it flushes everything, are not modelled.
 */
export default {
  summary: 'one round for each range, without the CPUs that are idle; they flush when they wake',
  source: 'illumos i86pc/vm/hat_i86.c: hat_tlb_inval_range, tlb_going_idle, tlb_service',
  parameters: {
    ranges: {
      default: 8,
      min: 1,
      max: 1024,
      unit: 'ranges',
      summary: 'ranges that an unload collects before it flushes them',
      source: 'illumos MAX_UNLOAD_CNT',
    },
  },
  contract: () => 'return',
  assumes: () => ({ timeless: false, symmetric: true }),
  words: (shape) => ({
    ...roundWords(shape),
    idle: { count: shape.cpuCount, stride: WORDS_PER_LINE },
  }),
  privateWords: (shape, parameters) => ({
    ...roundPrivates(shape),
    mayLeave: 1,
    unload: UNLOAD_WORDS,
    ranges: parameters['ranges'] * RANGE_WORDS,
  }),
  create: (host) => new IllumosIdle(host),
} satisfies StrategyModule<Words, Privates>

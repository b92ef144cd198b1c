import type { Change } from '../contract/change.js'
import type { Port } from '../contract/port.js'
import { reachedSerial } from '../contract/change.js'
import { WORDS_PER_LINE, type StrategyHost, type StrategyModule } from '../contract/strategy.js'
import { AGAIN, DONE, type Ticket } from '../contract/ticket.js'
import { FlushList } from './shared/flushList.js'
import { holderBlock, setWords } from './shared/holders.js'
import { listPrivates, ListRound, ListStrategy, type ListPrivates } from './shared/listStrategy.js'
import { roundPrivates, type RoundWords } from './shared/roundStrategy.js'
import { wholeLines } from './shared/lines.js'

type Privates = ListPrivates | 'unsent' | 'awaited'

/** A target's queue: its lock, how many lists were ever put into it, and what is in it now. */
const LOCK = 0
const PUT = 1
const LIST = 2

/** Each target's `row` is its queue, its `request` the number of lists that it has answered. */
export class QueuedOps extends ListRound {
  /** Private words: targets whose queue does not have the list yet, and what each target has to answer. */
  unsent = 0
  awaited = 0

  override send(cpu: Port): Ticket {
    this.findTargets(cpu, this.list.space(cpu))
    for (let word = 0; word < this.words; word++) cpu.set(this.unsent + word, cpu.get(this.targets + word))
    return this.next(cpu)
  }

  override next(cpu: Port): Ticket {
    if (!this.list.isEmpty(cpu)) {
      if (!this.putIntoAll(cpu)) return AGAIN
      cpu.interruptSet(this.targets)
      this.finishSending(cpu)
    }
    return this.firstUnanswered(cpu)
  }

  /** false: somebody else is at a queue that does not have the list yet. */
  protected putIntoAll(cpu: Port): boolean {
    let isInAll = true
    for (let word = 0; word < this.words; word++) {
      for (let bits = cpu.get(this.unsent + word); bits !== 0; bits &= bits - 1) {
        const bit = bits & -bits
        if (this.put(cpu, word * 32 + (31 - Math.clz32(bit))))
          cpu.set(this.unsent + word, cpu.get(this.unsent + word) & ~bit)
        else isInAll = false
      }
    }
    return isInAll
  }

  protected put(cpu: Port, target: number): boolean {
    const queue = this.queueOf(target)
    if (cpu.compareExchange(queue + LOCK, 0, 1) !== 0) return false
    this.list.appendTo(cpu, queue + LIST)
    const number = (this.lastNumber(cpu, queue) + 1) | 0
    cpu.store(queue + PUT, number)
    this.unlock(cpu, queue)
    cpu.set(this.awaited + target, number)
    return true
  }

  /** A ticket for the first target that has not answered. */
  protected firstUnanswered(cpu: Port): Ticket {
    for (let word = 0; word < this.words; word++) {
      for (let bits = cpu.get(this.targets + word); bits !== 0; bits &= bits - 1) {
        const target = word * 32 + (31 - Math.clz32(bits & -bits))
        const number = cpu.get(this.awaited + target)
        const answered = this.requestOf(target)
        if (!reachedSerial(cpu.load(answered), number)) return cpu.reached(answered, number)
        cpu.set(this.targets + word, bits & (bits - 1))
      }
    }
    return DONE
  }

  /**
   * The number is read with the lock held: it is that of the last list which was taken. Read after, it
   * could be that of one which was put in meanwhile.
   */
  override tryToServe(cpu: Port): boolean {
    const queue = this.queueOf(cpu.id)
    if (!this.tryToTake(cpu, queue)) return false
    const number = this.lastNumber(cpu, queue)
    const isEarly = !this.taken.owesWalks(cpu)
    if (isEarly) this.answer(cpu, number)
    this.unlock(cpu, queue)
    this.taken.flush(cpu)
    if (!isEarly) this.answer(cpu, number)
    return true
  }

  /** All that is in the queue; the lock is held then. false: somebody else holds it. */
  protected tryToTake(cpu: Port, queue: number): boolean {
    if (cpu.compareExchange(queue + LOCK, 0, 1) !== 0) return false
    this.taken.copyFrom(cpu, queue + LIST)
    FlushList.empty(cpu, queue + LIST)
    return true
  }

  /** Of the lists that were ever put into the queue. */
  protected lastNumber(cpu: Port, queue: number): number {
    return cpu.load(queue + PUT)
  }

  protected answer(cpu: Port, number: number): void {
    cpu.store(this.requestOf(cpu.id), number)
  }

  protected unlock(cpu: Port, queue: number): void {
    cpu.store(queue + LOCK, 0)
  }

  protected queueOf(target: number): number {
    return this.row.base + target * this.row.stride
  }
}

export class AsterinasOps extends ListStrategy<QueuedOps> {
  constructor(host: StrategyHost<RoundWords, Privates>, Kind: typeof QueuedOps = QueuedOps) {
    super(host, Kind, host.parameters['threshold'] - 1)
    this.listRound.unsent = host.privates.unsent
    this.listRound.awaited = host.privates.awaited
  }

  protected override pagesOf(change: Change): number {
    return change.pageCount
  }
}

/**
 * Asterinas pushes what an operation has changed, entry by entry, into a queue of each CPU that is to
 * flush; the CPU takes everything that is in its queue at once and answers before it flushes. Source:
 * Asterinas ostd/src/mm/tlb.rs (`TlbFlusher`, `OpsStack`, `do_remote_flush`).
 *
 * ## State
 *
 * The operation's own list of items; it becomes "everything" when their pages reach the threshold. A queue
 * for each CPU, a list as well, under a lock, with a count of the lists that were ever put into it. A word
 * for each CPU, on a line of its own: how many of those it has answered. The CPUs that hold each space.
 *
 * ## Who does what
 *
 * - Initiator: when its outermost operation ends, puts the list into the queue of every holder and notes
 *   its number there; a queue that somebody else is at it tries again, taking interrupts meanwhile. Then
 *   it interrupts all of them, flushes at home, and waits for one target after the other.
 * - Responder: takes the lock (or is called again), empties its queue, answers up to the number of the
 *   last list in it, unlocks, flushes. Where walks count for any item it answers after the flush.
 * - Switch: publishes, loads without keeping anything, leaves the old space. Idle CPUs are interrupted.
 *
 * ## Why it is safe
 *
 * The number that a target answers is read together with the list, under the lock that both were written
 * under: what it covers, the target has in hand. Where use counts that is enough, because the target does
 * not leave its handler before it has flushed. The bad schedule: the number is read after unlocking,
 * CPU 2 puts its list in between, and is answered by a CPU that has never seen it.
 *
 * ## Counts
 *
 * One operation over p pages with h other holders: 1 round and h interrupts if h > 0. Below the threshold
 * each of the h + 1 CPUs invalidates p pages, from the threshold on it flushes once in full. Initiators
 * that meet in a queue add up: two lists of 20 pages are one full flush there, so the counts depend on
 * timing where there are several initiators.
 *
 * ## What differs from the source
 *
 * A target's answer there is one flag, cleared by every initiator, so that others can keep an initiator
 * waiting; here it is a number, because a word that one CPU waits on must not be armed by another. The
 * lock is spun for with interrupts off there. Answers come early there for every item. Frames that wait
 * for the flush are held by the kernel side, not in the queue.
 */
export default {
  summary:
    'items are put into a queue of each holder, which empties it at once and answers before it flushes',
  source: 'Asterinas ostd/src/mm/tlb.rs',
  parameters: {
    threshold: {
      default: 32,
      min: 1,
      max: 1024,
      unit: 'pages',
      summary: 'a list or a queue of this many pages or more is flushed as the whole space',
      source: 'Asterinas FLUSH_ALL_PAGES_THRESHOLD, which is also the size of its arrays',
    },
  },
  contract: () => 'return',
  assumes: () => ({ timeless: false }),
  words: (shape, parameters) => ({
    holders: holderBlock(shape),
    request: { count: shape.cpuCount, stride: WORDS_PER_LINE },
    row: {
      count: shape.cpuCount,
      stride: wholeLines(LIST + FlushList.words(parameters['threshold'] - 1)),
    },
  }),
  privateWords: (shape, parameters) => ({
    ...roundPrivates(shape),
    ...listPrivates(parameters['threshold'] - 1),
    unsent: setWords(shape.cpuCount),
    awaited: shape.cpuCount,
  }),
  create: (host) => new AsterinasOps(host),
} satisfies StrategyModule<RoundWords, Privates>

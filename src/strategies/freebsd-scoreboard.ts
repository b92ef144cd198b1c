import type { Change } from '../contract/change.js'
import { BINDING } from '../contract/obligation.js'
import { KERNEL_SPACE } from '../contract/page.js'
import type { Port } from '../contract/port.js'
import {
  type MachineShape,
  type StrategyHost,
  type StrategyModule,
  type WordBlock,
} from '../contract/strategy.js'
import { DONE, type Ticket } from '../contract/ticket.js'
import { CEILING } from './shared/linuxParameters.js'
import { owesWalks } from './shared/owesWalks.js'
import {
  PER_OPERATION_PARTS,
  PerOperation,
  perOperationPrivates,
  type PerOperationPrivates,
} from './shared/perOperation.js'
import { COUNT, FIRST, flush, Round, SPACE, TICKET } from './shared/round.js'
import { roundWords, type RoundWords } from './shared/roundStrategy.js'
import { wholeLines } from './shared/lines.js'

type Privates = PerOperationPrivates | 'walks'

/** What stands in a request in the place of a ticket: slots need none. */
const ANSWER_FIRST = 0
const FLUSH_FIRST = 1

const OPEN = 1

/** A round whose answers are one word for each pair of CPUs: in the row of the target, by initiator. */
export class Scoreboard extends Round {
  /** Private word: what is gathered is owed to walks. */
  walks = 0

  override start(cpu: Port, space: number, firstPage: number, pageCount: number, stride: number): Ticket {
    const count = this.findTargets(cpu, space)
    if (count > 0) {
      const isEarly = space !== KERNEL_SPACE && cpu.get(this.walks) === 0
      this.publish(cpu, space, firstPage, pageCount, stride, isEarly ? ANSWER_FIRST : FLUSH_FIRST)
      this.ask(cpu)
      if (count === cpu.count - 1) cpu.interruptAllButSelf()
      else cpu.interruptSet(this.targets)
    }
    this.flushHere(cpu, space, firstPage, pageCount, stride)
    return count === 0 ? DONE : this.next(cpu)
  }

  /** The request is complete before the first slot is open. */
  protected override ask(cpu: Port): void {
    for (let word = 0; word < this.words; word++) {
      for (let bits = cpu.get(this.targets + word); bits !== 0; bits &= bits - 1)
        cpu.store(this.slotOf(word * 32 + (31 - Math.clz32(bits & -bits)), cpu.id), OPEN)
    }
  }

  /** A ticket for the first slot that is open; waiting for all of them in turn takes as long as for the slowest. */
  override next(cpu: Port): Ticket {
    for (let word = 0; word < this.words; word++) {
      for (let bits = cpu.get(this.targets + word); bits !== 0; bits &= bits - 1) {
        const slot = this.slotOf(word * 32 + (31 - Math.clz32(bits & -bits)), cpu.id)
        if (cpu.load(slot) !== 0) return cpu.zero(slot)
        cpu.set(this.targets + word, bits & (bits - 1))
      }
    }
    return DONE
  }

  override serve(cpu: Port): void {
    for (let initiator = 0; initiator < cpu.count; initiator++)
      if (cpu.load(this.slotOf(cpu.id, initiator)) !== 0) this.serveOne(cpu, initiator)
  }

  /** Everything is read before the answer: after it the initiator may write its next request. */
  protected override serveOne(cpu: Port, initiator: number): void {
    const at = this.requestOf(initiator)
    const space = cpu.load(at + SPACE)
    const firstPage = cpu.load(at + FIRST)
    const pageCount = cpu.load(at + COUNT)
    const isEarly = cpu.load(at + TICKET) === ANSWER_FIRST
    if (isEarly) cpu.store(this.slotOf(cpu.id, initiator), 0)
    flush(cpu, space, firstPage, pageCount, 1)
    if (!isEarly) cpu.store(this.slotOf(cpu.id, initiator), 0)
  }

  protected slotOf(target: number, initiator: number): number {
    return this.row.base + target * this.row.stride + initiator
  }
}

export class FreebsdScoreboard extends PerOperation {
  readonly #walks: number

  constructor(host: StrategyHost<RoundWords, Privates>, Kind: typeof Scoreboard = Scoreboard) {
    super(host, { ...PER_OPERATION_PARTS, Round: Kind })
    this.#walks = host.privates.walks
    ;(this.round as Scoreboard).walks = host.privates.walks
  }

  override changed(cpu: Port, change: Change): Ticket {
    if ((change.obligations & BINDING) === 0) return DONE
    if (owesWalks(change)) cpu.set(this.#walks, 1)
    this.gather.add(cpu, change)
    return DONE
  }

  protected override flush(cpu: Port): Ticket {
    const ticket = super.flush(cpu)
    cpu.set(this.#walks, 0)
    return ticket
  }
}

/** A row for each target: initiators open its slots, it closes them. */
function rowBlock({ cpuCount }: MachineShape): WordBlock {
  return { count: cpuCount, stride: wholeLines(cpuCount) }
}

/**
 * FreeBSD's scoreboard is a matrix of words, one for each pair of a target and an initiator. Any number
 * of initiators are under way at once without a lock, answers do not meet on one word, and one interrupt
 * serves all who have asked. Source: FreeBSD sys/amd64/amd64/mp_machdep.c, `smp_targeted_tlb_shootdown`.
 *
 * ## State
 *
 * A request of each CPU (space, range, whether the answer may come first), which only it writes. The
 * scoreboard: a row for each target on cache lines of its own, in it a slot for each initiator. The CPUs
 * that hold each space, and the range gathered so far.
 *
 * ## Who does what
 *
 * - Initiator: gathers until its outermost operation ends, writes its request, opens its slot in the row
 *   of every holder, interrupts them, flushes at home, then waits for one open slot after the other.
 * - Responder: goes through its row; for each open slot it reads the request, answers, then flushes.
 *   Where walks count or the mapping is the kernel's it flushes, then answers.
 * - Switch: publishes, loads without keeping anything, leaves the old space. Idle CPUs are interrupted.
 *
 * ## Why it is safe
 *
 * Only the waiter opens a slot, and it opens it again only after it has seen it closed, so no answer is
 * taken for one to a later request. The request is written before the slot (paired with the target's
 * reading the slot, then the request); the target has read all of it before it answers. An early answer
 * is enough where use counts: the target is in its handler and flushes before it leaves. The bad
 * schedule of the other case: CPU 0 frees a table, CPU 1 answers early, the table is given away, and
 * CPU 1's walker reads its new content as entries.
 *
 * ## Counts
 *
 * One operation over p pages with h other holders: 1 round and h interrupts if h > 0, (h + 1) p pages
 * invalidated; above the ceiling h + 1 full flushes instead. p is the range from the first to the last
 * page; an operation that frees a leaf table counts that table's 512 pages in. Exact at any timing;
 * demands by other operations come on top.
 *
 * ## What differs from the source
 *
 * A slot there is 0 while it is open and the generation of the request afterwards; here it is 0 when it
 * is closed, because a wait for 0 needs no generation that could wrap. What is flushed as a whole is
 * `pmap_invalidate_range`'s rule; its callers, which have rules of their own, are left out, and so are
 * PCIDs. A handler goes through its row once, where the source starts over after each open slot.
 */
export default {
  summary:
    'a word for each pair of CPUs: initiators do not wait for each other, one interrupt serves them all',
  source: 'FreeBSD sys/amd64/amd64/mp_machdep.c: invl_scoreboard',
  parameters: {
    ceiling: {
      ...CEILING,
      default: 4095,
      source:
        'FreeBSD sys/amd64/amd64/pmap.c, PMAP_INVLPG_THRESHOLD: ranges of 4096 pages or more are flushed as the whole space',
    },
  },
  contract: () => 'return',
  assumes: () => ({ timeless: true }),
  words: (shape) => ({ ...roundWords(shape), row: rowBlock(shape) }),
  privateWords: (shape) => ({ ...perOperationPrivates(shape), walks: 1 }),
  create: (host) => new FreebsdScoreboard(host),
} satisfies StrategyModule<RoundWords, Privates>

import type { Change } from '../contract/change.js'
import { BINDING } from '../contract/obligation.js'
import type { Operation } from '../contract/operation.js'
import { KERNEL_SPACE } from '../contract/page.js'
import type { Port } from '../contract/port.js'
import {
  WORDS_PER_LINE,
  type Demand,
  type MachineShape,
  type Placed,
  type StrategyHost,
  type StrategyModule,
  type WordBlock,
} from '../contract/strategy.js'
import { AGAIN, DONE, type Ticket } from '../contract/ticket.js'
import { holderBlock } from './shared/holders.js'
import { owesWalks } from './shared/owesWalks.js'
import { settleIssued } from './shared/perOperation.js'
import { Round } from './shared/round.js'
import { ROUND_PARTS, roundPrivates, RoundStrategy, type RoundPrivates } from './shared/roundStrategy.js'

type Words = 'holders' | 'request' | 'row'
type Privates = RoundPrivates | 'owes' | 'space' | 'strict' | 'seen'

/**
 * Words of a CPU. The first two are written by initiators, so they have a line of their own; the others by the CPU itself.
 * What is left to an idle CPU has a flag apart: in the other one it would keep initiators waiting whose flush is done.
 */
const INVALID = 0
const LEFT = 1
/** Odd while the CPU is flushing what the flag has asked for. */
const COUNT = WORDS_PER_LINE
const IDLE = WORDS_PER_LINE + 1

/** In `seen`: the flag of the CPU that is waited for is not seen cleared yet. */
const NOT_CLEARED = -1

/** Flags in place of requests: what is asked for is always everything. */
class FlagRound extends Round {
  flags!: Placed
  /** Private words: whether idle CPUs have to flush too and all must have finished; and the count that is waited on. */
  strict = 0
  seen = 0

  flagWord(cpu: number): number {
    return this.flags.base + cpu * this.flags.stride
  }

  /** The flag first, THEN the look whether the CPU idles; it says that it idles no more, THEN looks at its flag. */
  protected override tell(cpu: Port, count: number): Ticket {
    if (count === 0) return DONE
    const isStrict = cpu.get(this.strict) !== 0
    for (let word = 0; word < this.words; word++) {
      for (let bits = cpu.get(this.targets + word); bits !== 0; bits &= bits - 1) {
        const bit = bits & -bits
        const target = word * 32 + (31 - Math.clz32(bit))
        if (!isStrict && this.#isLeft(cpu, this.flagWord(target)))
          cpu.set(this.targets + word, cpu.get(this.targets + word) & ~bit)
        else cpu.exchange(this.flagWord(target) + INVALID, 1)
      }
    }
    cpu.set(this.seen, NOT_CLEARED)
    cpu.interruptSet(this.targets)
    return this.next(cpu)
  }

  #isLeft(cpu: Port, flag: number): boolean {
    if (cpu.load(flag + IDLE) === 0) return false
    cpu.exchange(flag + LEFT, 1)
    return cpu.load(flag + IDLE) !== 0
  }

  /** One target after the other; who is done leaves the set. */
  override next(cpu: Port): Ticket {
    for (let word = 0; word < this.words; word++) {
      for (let bits = cpu.get(this.targets + word); bits !== 0; bits &= bits - 1) {
        const bit = bits & -bits
        if (!this.#isDone(cpu, word * 32 + (31 - Math.clz32(bit)))) return AGAIN
        cpu.set(this.targets + word, cpu.get(this.targets + word) & ~bit)
        cpu.set(this.seen, NOT_CLEARED)
      }
    }
    return DONE
  }

  /**
   * A flag that is clear was taken after it was set, and what took it flushes before the CPU uses a translation again.
   * Where that is not enough the flush has to be over: its count was odd before the flag was taken, and is even
   * or another one when it has ended.
   */
  #isDone(cpu: Port, target: number): boolean {
    const flag = this.flagWord(target)
    if (cpu.get(this.seen) === NOT_CLEARED) {
      if (cpu.load(flag + INVALID) !== 0) return false
      if (cpu.get(this.strict) === 0) return true
      cpu.set(this.seen, cpu.load(flag + COUNT) & 0x7fffffff)
    }
    const seen = cpu.get(this.seen)
    return (seen & 1) === 0 || (cpu.load(flag + COUNT) & 0x7fffffff) !== seen
  }

  protected override flushHere(cpu: Port): void {
    cpu.invalidateAll()
  }

  /** In the handler, and when the CPU wakes. */
  override serve(cpu: Port): void {
    const flag = this.flagWord(cpu.id)
    if (cpu.load(flag + INVALID) === 0 && cpu.load(flag + LEFT) === 0) return
    cpu.add(flag + COUNT, 1)
    cpu.exchange(flag + INVALID, 0)
    cpu.exchange(flag + LEFT, 0)
    cpu.invalidateAll()
    cpu.add(flag + COUNT, 1)
  }
}

class XnuFlags extends RoundStrategy {
  readonly #privates: Readonly<Record<Privates, number>>
  readonly #flags: FlagRound

  constructor(host: StrategyHost<Words, Privates>) {
    super(host, { ...ROUND_PARTS, Round: FlagRound })
    this.#privates = host.privates
    this.#flags = this.round as FlagRound
    this.#flags.flags = host.words.row
    this.#flags.strict = host.privates.strict
    this.#flags.seen = host.privates.seen
  }

  changed(cpu: Port, change: Change): Ticket {
    if ((change.obligations & BINDING) === 0) return DONE
    const { owes, space, strict } = this.#privates
    // A demand may have left it.
    if (cpu.get(owes) === 0) cpu.set(strict, 0)
    const isOther = cpu.get(owes) === 1 && cpu.get(space) !== change.space
    cpu.set(space, isOther ? KERNEL_SPACE : change.space)
    if (isOther || owesWalks(change)) cpu.set(strict, 1)
    cpu.set(owes, 1)
    return DONE
  }

  finished(cpu: Port, operation: Operation): Ticket {
    if (operation.depth > 0) return DONE
    if (cpu.get(this.#privates.owes) === 0) return this.flushed(cpu)
    return this.startRound(cpu, cpu.get(this.#privates.space), 0, 1, 1)
  }

  override demanded(cpu: Port, demand: Demand): Ticket {
    cpu.set(this.#privates.strict, 1)
    return super.demanded(cpu, demand)
  }

  protected flushed(cpu: Port): Ticket {
    cpu.set(this.#privates.owes, 0)
    cpu.set(this.#privates.strict, 0)
    return settleIssued(cpu)
  }

  idled(cpu: Port): void {
    cpu.store(this.#flags.flagWord(cpu.id) + IDLE, 1)
  }

  woke(cpu: Port): void {
    cpu.exchange(this.#flags.flagWord(cpu.id) + IDLE, 0)
    this.#flags.serve(cpu)
  }
}

function flagBlock(shape: MachineShape): WordBlock {
  return { count: shape.cpuCount, stride: 2 * WORDS_PER_LINE }
}

/**
 * XNU has no requests. An initiator sets a flag on each CPU that may have something stale, interrupts those that run the space,
 * and waits until their flags are clear; a CPU that finds its flag set drops everything. Several initiators share one flag and
 * one flush. A CPU that idles is not interrupted: it finds the flag when it wakes.
 *
 * ## State
 *
 * For each CPU a flag, another one for what was left to it while it idled, a count that is odd while it flushes for them, and whether
 * it idles; a bit for each CPU and space.
 *
 * ## Who does what
 *
 * - Initiator, at the end of the outermost operation: sets the flag of each holder, takes those that idle out of the set unless
 *   walks or a kernel mapping are at stake, interrupts the others, drops everything itself and looks at one flag after the other.
 * - Responder: raises its count, clears its flag, drops everything, raises its count.
 * - Idle: says so; on waking it says that it does not, then looks at its flag as a responder does.
 * - Switch: as `immediate`.
 *
 * ## Why it is safe
 *
 * A flag that is seen clear after it was set was taken by a CPU that flushes before it uses any translation again: it is
 * in its handler, or waking. Where that is not enough (exposure, freed tables, kernel mappings, demands) the
 * initiator waits for the count too. The waking CPU clears the idle mark before it looks at its flag, the initiator sets the
 * flag before it looks at the mark: one of them sees the other.
 *
 * ## Counts
 *
 * For an operation of any number of pages on a space that h other CPUs hold, i of which idle: 1 round, h - i interrupts, h - i + 1
 * full flushes, and one more on each of the i that wakes. No invalidation of single pages.
 *
 * ## What differs from the source
 *
 * XNU also counts a CPU as done when its count has moved; with interrupts that take time to arrive that can be a flush from
 * before the flag was set, so it is left out. It leaves CPUs in user mode alone for kernel mappings and lets them flush when they
 * enter the kernel, keeps process-context identifiers of other CPUs invalid lazily, and panics after a
 * timeout: none of these is modelled.
 */
export default {
  summary: 'a flag on each CPU that may be stale; who runs the space is interrupted and drops everything',
  source: 'XNU osfmk/x86_64/pmap.c, pmap_flush_tlbs, process_pmap_updates',
  parameters: {},
  contract: () => 'return',
  assumes: () => ({ timeless: false }),
  words: (shape) => ({
    holders: holderBlock(shape),
    request: { count: 1, stride: WORDS_PER_LINE },
    row: flagBlock(shape),
  }),
  privateWords: (shape) => ({ ...roundPrivates(shape), owes: 1, space: 1, strict: 1, seen: 1 }),
  create: (host) => new XnuFlags(host),
} satisfies StrategyModule<Words, Privates>

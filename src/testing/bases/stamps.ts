import type { Change } from '../../contract/change.js'
import { BINDING, EXPOSE, FRAME_REUSE, SEEN, VA_REUSE } from '../../contract/obligation.js'
import { KERNEL_SPACE } from '../../contract/page.js'
import type { Port } from '../../contract/port.js'
import {
  WORDS_PER_LINE,
  type Demand,
  type StrategyHost,
  type StrategyModule,
} from '../../contract/strategy.js'
import { DONE, SETTLED, type Ticket } from '../../contract/ticket.js'
import { setWords } from '../../strategies/shared/holders.js'
import {
  ONLY_TAG,
  ROUND_PARTS,
  roundPrivates,
  RoundStrategy,
  roundWords,
  type RoundPrivates,
  type RoundWords,
} from '../../strategies/shared/roundStrategy.js'
import { FlushClock, StampRound } from './shared/stampRound.js'

export type StampWords = RoundWords | 'clock' | 'time'
export type StampPrivates = RoundPrivates | 'needed'

/** What may wait until somebody asks for it. */
const DEFERRABLE = SEEN | FRAME_REUSE | VA_REUSE | EXPOSE

/**
 * Xen: nothing is flushed when a page goes, it is stamped with the flush clock. When the frame or the
 * address is wanted again, only the CPUs that have not flushed since are interrupted.
 */
export class StampStrategy extends RoundStrategy {
  protected readonly clock: FlushClock
  protected readonly needed: number
  protected readonly cpuCount: number
  readonly #spaceCount: number

  constructor(host: StrategyHost<StampWords, StampPrivates>, Clock: typeof FlushClock = FlushClock) {
    super(host, { ...ROUND_PARTS, Round: StampRound })
    this.clock = new Clock(host.words.clock, host.words.time, host.parameters['wrap'])
    ;(this.round as StampRound).clock = this.clock
    this.needed = host.privates.needed
    this.cpuCount = host.shape.cpuCount
    this.#spaceCount = host.shape.spaceCount
  }

  /** The stamp is read after the entry is gone: whoever flushes from now on cannot cache it again. */
  changed(cpu: Port, change: Change): Ticket {
    change.tag = this.clock.now(cpu)
    if ((change.obligations & BINDING & ~DEFERRABLE) === 0) return DONE
    return this.startRound(cpu, change.space, change.firstPage, change.pageCount, 1)
  }

  /** The round was for this one change; earlier ones of this CPU may still wait. */
  protected flushed(): Ticket {
    return SETTLED
  }

  finished(): Ticket {
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
    this.clearNeeded(cpu)
    ;(this.round as StampRound).filter(cpu, space, tag, this.needed)
    return this.isNobodyNeeded(cpu)
  }

  override demanded(cpu: Port, demand: Demand): Ticket {
    this.clearNeeded(cpu)
    for (let item = 0; item < demand.count; item++)
      (this.round as StampRound).filter(cpu, demand.spaces[item], demand.tags[item], this.needed)
    return (this.round as StampRound).startFor(cpu, this.needed)
  }

  override resumed(): Ticket {
    return SETTLED
  }

  protected clearNeeded(cpu: Port): void {
    for (let word = 0; word < setWords(this.cpuCount); word++) cpu.set(this.needed + word, 0)
  }

  protected isNobodyNeeded(cpu: Port): boolean {
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

export default {
  summary: 'stamps what goes with a flush clock; at reuse only CPUs that have not flushed since are told',
  source: 'Xen xen/arch/x86/flushtlb.c and xen/common/memory.c',
  parameters: {
    wrap: {
      default: 1 << 30,
      min: 3,
      max: 1 << 30,
      unit: 'ticks',
      summary: 'the clock starts anew after this many flushes, with one flush on every CPU',
      source: 'Xen wraps at 2^32; smaller ones bring the wrap within reach of a test',
    },
  },
  contract: () => 'reuse',
  assumes: () => ({ timeless: false }),
  words: (shape) => ({
    ...roundWords(shape),
    clock: { count: 2, stride: WORDS_PER_LINE },
    time: { count: shape.cpuCount, stride: WORDS_PER_LINE },
  }),
  privateWords: (shape) => ({ ...roundPrivates(shape), needed: setWords(shape.cpuCount) }),
  create: (host) => new StampStrategy(host),
} satisfies StrategyModule<StampWords, StampPrivates>

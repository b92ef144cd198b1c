import type { Change } from '../../contract/change.js'
import { WALK_REACH } from '../../contract/obligation.js'
import type { Operation } from '../../contract/operation.js'
import { KERNEL_SPACE } from '../../contract/page.js'
import type { Parameters } from '../../contract/parameter.js'
import type { Port } from '../../contract/port.js'
import {
  WORDS_PER_LINE,
  type MachineShape,
  type StrategyHost,
  type WordBlock,
} from '../../contract/strategy.js'
import { DONE, type Ticket } from '../../contract/ticket.js'
import { CEILING, CONCURRENT, EARLY_ACK, GATHER_LIMIT, TAGS, TRIM } from './linuxParameters.js'
import { LinuxRound, linuxRoundBlocks } from './linuxRound.js'
import {
  PER_OPERATION_PARTS,
  PerOperation,
  perOperationPrivates,
  type PerOperationParts,
  type PerOperationPrivates,
} from './perOperation.js'
import { WHOLE_SPACE } from './round.js'
import { roundWords, type RoundWords } from './roundStrategy.js'
import { TagSlots } from './tagSlots.js'

export type LinuxWords = RoundWords | 'generation' | 'lazy'
export type LinuxPrivates = PerOperationPrivates | 'tags' | 'walks'

export const LINUX_PARAMETERS = {
  ceiling: CEILING,
  gatherLimit: GATHER_LIMIT,
  tags: TAGS,
  concurrent: CONCURRENT,
  earlyAck: EARLY_ACK,
  trim: TRIM,
} as const

export function linuxWords(shape: MachineShape): Record<LinuxWords, WordBlock> {
  return {
    ...roundWords(shape),
    ...linuxRoundBlocks(shape),
    generation: { count: shape.spaceCount, stride: WORDS_PER_LINE },
    lazy: { count: shape.cpuCount, stride: WORDS_PER_LINE },
  }
}

export function linuxPrivates(shape: MachineShape, parameters: Parameters): Record<LinuxPrivates, number> {
  return { ...perOperationPrivates(shape), tags: TagSlots.wordsFor(parameters['tags']), walks: 1 }
}

export interface LinuxParts extends PerOperationParts {
  readonly Round: typeof LinuxRound
  readonly TagSlots: typeof TagSlots
}

export const LINUX_PARTS: LinuxParts = { ...PER_OPERATION_PARTS, Round: LinuxRound, TagSlots }

/**
 * Linux on x86, and what its relatives share with it: generations, slots of tags, lazy CPUs, and a
 * gather for each range or call, inside a batch as well.
 */
export class LinuxStrategy extends PerOperation {
  protected readonly slots: TagSlots
  protected readonly linuxRound: LinuxRound
  /** Private word: walks count in what is gathered. */
  protected readonly walks: number
  readonly #trims: boolean

  constructor(host: StrategyHost<LinuxWords, LinuxPrivates>, parts: LinuxParts = LINUX_PARTS) {
    super(host, parts)
    const { words, privates, parameters } = host
    this.slots = new parts.TagSlots(words.generation, privates.tags, parameters['tags'])
    this.walks = privates.walks
    this.#trims = parameters['trim'] !== 0
    // `parts.Round` made it.
    const round = this.round as LinuxRound
    round.slots = this.slots
    round.lazy = words.lazy
    round.walks = privates.walks
    round.isConcurrent = parameters['concurrent'] !== 0
    round.acknowledgesEarly = parameters['earlyAck'] !== 0
    round.trims = this.#trims
    this.linuxRound = round
  }

  override changed(cpu: Port, change: Change): Ticket {
    if ((change.obligations & WALK_REACH) !== 0) cpu.set(this.walks, 1)
    return super.changed(cpu, change)
  }

  /**
   * Crowded: what this operation found empty may have been emptied by one that has not flushed yet.
   * So the whole space goes, everywhere, also where nothing was gathered.
   */
  override finished(cpu: Port, operation: Operation): Ticket {
    if (operation.crowded && operation.space > KERNEL_SPACE) return this.flushWhole(cpu, operation.space)
    return this.gather.count(cpu) === 0 ? this.flushed(cpu) : this.flush(cpu)
  }

  protected flushWhole(cpu: Port, space: number): Ticket {
    cpu.set(this.walks, 1)
    return this.flushRange(cpu, space, 0, WHOLE_SPACE)
  }

  protected override flush(cpu: Port): Ticket {
    const { gather } = this
    return this.flushRange(cpu, gather.space(cpu), gather.first(cpu), gather.pages(cpu))
  }

  protected flushRange(cpu: Port, space: number, firstPage: number, pageCount: number): Ticket {
    this.gather.clear(cpu)
    const ticket = this.startRound(cpu, space, firstPage, pageCount, 1)
    cpu.set(this.walks, 0)
    return ticket
  }

  /** `switched` knows what it leaves. */
  override switching(_cpu: Port, _from: number): void {}

  /** The bit goes after the next space is loaded: until then this CPU may still walk the old one. */
  override switched(cpu: Port, to: number): Ticket {
    const from = this.slots.loaded(cpu)
    if (from === to) return DONE
    this.publish(cpu, to)
    this.slots.load(cpu, to, this.slots.current(cpu, to))
    this.leave(cpu, from)
    return DONE
  }

  /** Only this CPU sets and clears its bit, and never in a handler inside of a hook: where it is set already, it was seen. */
  protected publish(cpu: Port, space: number): void {
    if (!this.#trims || !this.holders.holds(cpu, space)) this.holders.enter(cpu, space)
  }

  protected leave(cpu: Port, from: number): void {
    if (from !== KERNEL_SPACE && !this.#trims) this.holders.leave(cpu, from)
  }

  /** As good as another identity (`ctx_id`): no slot is good for the new life, and none is asked to flush. */
  retired(cpu: Port, space: number): Ticket {
    this.slots.raise(cpu, space)
    return DONE
  }

  idled(cpu: Port): void {
    cpu.store(this.linuxRound.lazyOf(cpu.id), 1)
  }

  /** An exchange, for the barrier: the flag is gone before the generation is read. */
  woke(cpu: Port): void {
    cpu.exchange(this.linuxRound.lazyOf(cpu.id), 0)
    this.linuxRound.catchUp(cpu)
  }
}

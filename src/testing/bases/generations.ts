import type { Change } from '../../contract/change.js'
import { BINDING } from '../../contract/obligation.js'
import type { Operation } from '../../contract/operation.js'
import { KERNEL_SPACE } from '../../contract/page.js'
import type { Port } from '../../contract/port.js'
import { WORDS_PER_LINE, type StrategyHost, type StrategyModule } from '../../contract/strategy.js'
import { DONE, SETTLED, type Ticket } from '../../contract/ticket.js'
import { CEILING } from '../../strategies/shared/linuxParameters.js'
import { Gather, GATHER_PRIVATES } from '../../strategies/shared/gather.js'
import {
  ROUND_PARTS,
  roundPrivates,
  RoundStrategy,
  roundWords,
  type RoundParts,
  type RoundPrivates,
  type RoundWords,
} from '../../strategies/shared/roundStrategy.js'
import { GenerationRound, Generations } from './shared/generationRound.js'

export type GenerationWords = RoundWords | 'generation'
export type GenerationPrivates = RoundPrivates | 'gather' | 'seen' | 'loaded'

/**
 * Linux x86: each space counts its flushes, each CPU notes per space the count that it has carried
 * out, and translations stay under the space's tag across a switch. A CPU that was not running the
 * space was not interrupted, and compares the counts when it comes back.
 *
 * Switching in: publish the own bit, THEN read the count. An initiator writes the entry, raises the
 * count, THEN reads the bits. So either it sees the bit and interrupts, or its count is seen here.
 */
export class GenerationStrategy extends RoundStrategy {
  protected readonly gather: Gather
  protected readonly generations: Generations

  constructor(host: StrategyHost<GenerationWords, GenerationPrivates>, parts: RoundParts = GENERATION_PARTS) {
    super(host, parts)
    this.gather = new Gather(host.privates.gather, host.parameters['ceiling'])
    this.generations = new Generations(host.words.generation, host.privates.seen, host.privates.loaded)
    if (this.round instanceof GenerationRound) this.round.generations = this.generations
  }

  changed(cpu: Port, change: Change): Ticket {
    if ((change.obligations & BINDING) !== 0) this.gather.add(cpu, change)
    return DONE
  }

  finished(cpu: Port, operation: Operation): Ticket {
    if (operation.depth > 0) return DONE
    const { gather } = this
    if (gather.count(cpu) === 0) return this.flushed(cpu)
    const ticket = this.startRound(cpu, gather.space(cpu), gather.first(cpu), gather.pages(cpu), 1)
    gather.clear(cpu)
    return ticket
  }

  protected flushed(cpu: Port): Ticket {
    const serial = cpu.issued(cpu.id)
    if (serial !== cpu.settledUpTo(cpu.id)) cpu.settle(cpu.id, serial)
    return SETTLED
  }

  /** The bit goes after the next space is loaded: until then this CPU may still walk the old one. */
  override switching(): void {}

  override switched(cpu: Port, to: number): Ticket {
    const from = this.generations.loaded(cpu)
    this.publish(cpu, to)
    const generation = this.generations.current(cpu, to)
    this.load(cpu, to, generation)
    if (from !== to && from !== KERNEL_SPACE) this.holders.leave(cpu, from)
    return DONE
  }

  protected publish(cpu: Port, space: number): void {
    this.holders.enter(cpu, space)
  }

  protected load(cpu: Port, space: number, generation: number): void {
    cpu.activate(space, space, this.generations.seen(cpu, space) === generation)
    this.generations.note(cpu, space, generation)
    this.generations.setLoaded(cpu, space)
  }
}

export const GENERATION_PARTS: RoundParts = { ...ROUND_PARTS, Round: GenerationRound }

export default {
  summary: 'counts the flushes of each space; a CPU that comes back to it catches up by comparing',
  source: 'Linux arch/x86/mm/tlb.c: tlb_gen, switch_mm_irqs_off, flush_tlb_func',
  parameters: {
    ceiling: CEILING,
  },
  contract: () => 'return',
  assumes: () => ({ timeless: true }),
  words: (shape) => ({
    ...roundWords(shape),
    generation: { count: shape.spaceCount, stride: WORDS_PER_LINE },
  }),
  privateWords: (shape) => ({
    ...roundPrivates(shape),
    gather: GATHER_PRIVATES,
    seen: shape.spaceCount,
    loaded: 1,
  }),
  create: (host) => new GenerationStrategy(host),
} satisfies StrategyModule<GenerationWords, GenerationPrivates>

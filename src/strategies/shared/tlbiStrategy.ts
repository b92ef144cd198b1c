import type { ParameterSpec } from '../../contract/parameter.js'
import type { Port } from '../../contract/port.js'
import {
  WORDS_PER_LINE,
  type MachineShape,
  type Placed,
  type StrategyHost,
  type WordBlock,
} from '../../contract/strategy.js'
import { DONE, type Ticket } from '../../contract/ticket.js'
import { broadcastPrivates, BroadcastStrategy, type BroadcastPrivates } from './broadcastStrategy.js'
import { roundWords, type RoundWords } from './roundStrategy.js'

export const TLBI_CEILING: ParameterSpec = {
  default: 511,
  min: 0,
  max: 1 << 21,
  unit: 'pages',
  summary: 'a range above this is broadcast as the whole tag',
  source:
    'Linux arm64 MAX_DVM_OPS (before: MAX_TLBI_OPS) = 512: from there on the whole tag. Where the CPU has range operations Linux allows MAX_TLBI_RANGE_PAGES = 2^21 pages',
}

export const RANGE_OPERATIONS: ParameterSpec = {
  default: 1,
  min: 0,
  max: 1,
  unit: '0 or 1',
  summary: '1: one operation names a range; 0: one page',
  source: 'Arm FEAT_TLBIRANGE (Armv8.4); Linux arch/arm64/include/asm/tlbflush.h, system_supports_tlb_range',
}

export const TAGS: ParameterSpec = {
  default: 65_535,
  min: 1,
  max: 65_535,
  unit: 'tags',
  summary: 'address-space tags; one for each space as far as they go',
  source: 'Arm ARM: address-space identifiers of 16 bits; 0 is that of global entries here',
}

/** One operation names (num + 1) << (5 * scale + 1) pages, num from 0 to 31. */
const NUM_BITS = 5
const GREATEST_SCALE = 3
const MOST_UNITS = 1 << NUM_BITS

/** Of a space: how often its id has begun anew. */
export type TlbiWords = RoundWords | 'life'
export type TlbiPrivates = BroadcastPrivates | 'under' | 'lifeUnder'

export function tlbiWords(shape: MachineShape): Record<TlbiWords, WordBlock> {
  return { ...roundWords(shape), life: { count: shape.spaceCount, stride: WORDS_PER_LINE } }
}

export function tlbiPrivates(shape: MachineShape): Record<TlbiPrivates, number> {
  // Tags are handed out to spaces in turn, so no higher one is used than there are spaces.
  return { ...broadcastPrivates(shape), under: shape.spaceCount, lifeUnder: shape.spaceCount }
}

/**
 * arm64: TLBI names a page or a range under a tag, which is the same on all CPUs; the barrier comes once,
 * behind all of an operation. Translations stay under their tag when a CPU loads another space, and
 * broadcasts reach them there. With more spaces than tags, spaces share one, and a CPU flushes it where
 * another space ran under it last, or the same one in an earlier life.
 */
export class TlbiStrategy extends BroadcastStrategy {
  readonly #hasRanges: boolean
  readonly #tagCount: number
  /** Private words: the space that ran last on this CPU under each tag. */
  protected readonly under: number
  readonly #life: Placed
  /** Private words: in which of its lives. */
  readonly #lifeUnder: number

  constructor(host: StrategyHost<TlbiWords, TlbiPrivates>) {
    super(host)
    this.#hasRanges = host.parameters['rangeOperations'] === 1
    this.#tagCount = host.parameters['tags']
    this.under = host.privates.under
    this.#life = host.words.life
    this.#lifeUnder = host.privates.lifeUnder
  }

  protected tagOf(_cpu: Port, space: number): number {
    return 1 + ((space - 1) % this.#tagCount)
  }

  /** The largest operations first, and an odd page last, as Linux does. */
  protected broadcastRange(cpu: Port, tag: number, firstPage: number, pageCount: number): void {
    let page = firstPage
    const end = firstPage + pageCount
    for (let scale = GREATEST_SCALE; this.#hasRanges && scale >= 0; scale--) {
      const shift = NUM_BITS * scale + 1
      const units = Math.min((end - page) >> shift, MOST_UNITS)
      if (units === 0) continue
      cpu.broadcast(tag, page, units << shift, 1)
      page += units << shift
    }
    for (; page < end; page++) cpu.broadcast(tag, page, 1, 1)
  }

  /** The life stands still while anybody loads the space: it changes only where nobody can. */
  switched(cpu: Port, to: number): Ticket {
    const tag = this.tagOf(cpu, to)
    const life = cpu.load(this.lifeOf(to))
    cpu.activate(to, tag, this.isKept(cpu, to, tag, life))
    cpu.set(this.under + tag, to)
    cpu.set(this.#lifeUnder + tag, life)
    return DONE
  }

  protected isKept(cpu: Port, space: number, tag: number, life: number): boolean {
    return cpu.get(this.under + tag) === space && cpu.get(this.#lifeUnder + tag) === life
  }

  protected lifeOf(space: number): number {
    return this.#life.base + space * this.#life.stride
  }

  /** Costs nothing now: each CPU drops what the tag still holds when it loads the new life. */
  retired(cpu: Port, space: number): Ticket {
    cpu.add(this.lifeOf(space), 1)
    return DONE
  }
}

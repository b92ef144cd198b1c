import { GLOBAL_TAG, WHOLE_TAG } from '../../contract/hardware.js'
import { KERNEL_SPACE } from '../../contract/page.js'
import type { Placed } from '../../contract/strategy.js'
import type { Arena } from './arena.js'
import { BROADCAST_SLOTS, BROADCAST_WORDS, MOST_BROADCASTS, TAGS } from './exploreWords.js'
import type { HeldEntries } from './heldEntries.js'
import { forgetAllOrphans, forgetOrphans } from './orphanedTags.js'

/** Of a sender: its deliveries that are outstanding, which its sync waits for, and its broadcasts. */
const UNDELIVERED = 0
const COUNT = 1
/** Of a broadcast. */
const TAG = 0
const FIRST = 1
const PAGES = 2
const STRIDE = 3
/** The CPUs that it has not reached, as bits. */
const TARGETS = 4

export interface BroadcastParts {
  readonly arena: Arena
  /** Per sender. */
  readonly placed: Placed
  /** Words of the CPUs, with the tag of each space. */
  readonly cpus: Placed
  readonly held: HeldEntries
  readonly cpuCount: number
  readonly spaceCount: number
  /** Whether the strategy's module says that it needs them. */
  readonly isThere: boolean
}

/**
 * Broadcasts under way. When a CPU drops what it was told to drop is a choice of the search, for each
 * CPU and each broadcast by itself. That goes for the sender too: INVLPGB is weakly ordered, and only
 * TLBSYNC says that this CPU's own translations are gone.
 *
 * A sender's broadcasts stand in the order in which they were sent and move up when one is done, so
 * that the same ones under way are the same state whatever went before.
 */
export class Broadcasts {
  readonly #parts: BroadcastParts

  constructor(parts: BroadcastParts) {
    this.#parts = parts
  }

  /** Broadcasts that one CPU can be waiting for at most: the numbers of `due` are below this. */
  get most(): number {
    return this.#parts.isThere ? this.#parts.cpuCount * MOST_BROADCASTS : 0
  }

  /** 0 when everything that the CPU has broadcast has taken effect. */
  undeliveredWord(sender: number): number {
    return this.#of(sender) + UNDELIVERED
  }

  #of(sender: number): number {
    return this.#parts.placed.base + sender * this.#parts.placed.stride
  }

  #slot(number: number): number {
    const sender = Math.floor(number / MOST_BROADCASTS)
    return this.#of(sender) + BROADCAST_SLOTS + (number % MOST_BROADCASTS) * BROADCAST_WORDS
  }

  demand(): void {
    if (!this.#parts.isThere)
      throw new Error("the strategy broadcasts, and its module does not say needs: ['broadcast']")
  }

  send(sender: number, tag: number, firstPage: number, pageCount: number, stridePages: number): void {
    this.demand()
    if (pageCount !== WHOLE_TAG && !(pageCount > 0))
      throw new Error(`a broadcast of ${pageCount} pages: it takes some, or WHOLE_TAG`)
    const { arena, cpuCount } = this.#parts
    const at = this.#of(sender)
    const count = arena.words[at + COUNT]
    if (count === MOST_BROADCASTS)
      throw new Error(
        `CPU ${sender} has more than ${MOST_BROADCASTS} broadcasts under way, which is what the explorer keeps: fewer --operations, or a sync in between`,
      )
    const slot = at + BROADCAST_SLOTS + count * BROADCAST_WORDS
    arena.set(slot + TAG, tag)
    arena.set(slot + FIRST, firstPage)
    arena.set(slot + PAGES, pageCount)
    arena.set(slot + STRIDE, stridePages)
    arena.set(slot + TARGETS, (1 << cpuCount) - 1)
    arena.set(at + COUNT, count + 1)
    arena.set(at + UNDELIVERED, arena.words[at + UNDELIVERED] + cpuCount)
  }

  /** Whether the broadcast of this number is under way and has not reached the CPU. */
  isDue(cpu: number, number: number): boolean {
    return (this.#parts.arena.words[this.#slot(number) + TARGETS] & (1 << cpu)) !== 0
  }

  get isQuiet(): boolean {
    const { arena, cpuCount } = this.#parts
    for (let sender = 0; sender < cpuCount; sender++)
      if (arena.words[this.undeliveredWord(sender)] !== 0) return false
    return true
  }

  /** The CPU drops what the broadcast names. */
  deliver(cpu: number, number: number): void {
    const { arena } = this.#parts
    const { words } = arena
    const slot = this.#slot(number)
    this.#drop(cpu, words[slot + TAG], words[slot + FIRST], words[slot + PAGES], words[slot + STRIDE])
    arena.set(slot + TARGETS, words[slot + TARGETS] & ~(1 << cpu))
    const sender = Math.floor(number / MOST_BROADCASTS)
    const undelivered = this.undeliveredWord(sender)
    arena.set(undelivered, words[undelivered] - 1)
    if (words[slot + TARGETS] === 0) this.#remove(sender, slot)
  }

  /** For what runs in one order only: all that is due for the CPU. */
  deliverAll(cpu: number): void {
    // From the last one on: those that are done make those behind them move up.
    for (let number = this.most - 1; number >= 0; number--)
      if (this.isDue(cpu, number)) this.deliver(cpu, number)
  }

  #remove(sender: number, slot: number): void {
    const { arena } = this.#parts
    const at = this.#of(sender)
    const count = arena.words[at + COUNT] - 1
    const last = at + BROADCAST_SLOTS + count * BROADCAST_WORDS
    for (let word = slot; word < last; word++) arena.set(word, arena.words[word + BROADCAST_WORDS])
    for (let word = last; word < last + BROADCAST_WORDS; word++) arena.set(word, 0)
    arena.set(at + COUNT, count)
  }

  #drop(cpu: number, tag: number, firstPage: number, pageCount: number, stridePages: number): void {
    const { arena, cpus, held, spaceCount } = this.#parts
    if (tag === GLOBAL_TAG && pageCount === WHOLE_TAG) {
      held.dropSpace(cpu, KERNEL_SPACE)
      forgetAllOrphans(arena, cpus.base + cpu * cpus.stride)
      return
    }
    if (pageCount === WHOLE_TAG) forgetOrphans(arena, cpus.base + cpu * cpus.stride, tag)
    const pages = pageCount === WHOLE_TAG ? Number.MAX_SAFE_INTEGER : pageCount
    if (tag === GLOBAL_TAG) {
      held.dropTagged(cpu, KERNEL_SPACE, firstPage, pages, stridePages)
      return
    }
    // Under this tag on this CPU, loaded or not: other CPUs may have given the tag to another space.
    for (let space = KERNEL_SPACE + 1; space < spaceCount; space++) {
      if (arena.words[cpus.base + cpu * cpus.stride + TAGS + space] !== tag) continue
      held.dropTagged(cpu, space, firstPage, pages, stridePages)
    }
  }

  /** For traces. */
  describe(number: number): string {
    const { words } = this.#parts.arena
    const slot = this.#slot(number)
    const range = rangeText(words[slot + TAG], words[slot + FIRST], words[slot + PAGES])
    return `drops what CPU ${Math.floor(number / MOST_BROADCASTS)} has broadcast: ${range}`
  }
}

export function rangeText(tag: number, firstPage: number, pageCount: number): string {
  if (pageCount !== WHOLE_TAG) return `${pageCount} pages from ${firstPage} under tag ${tag}`
  return tag === GLOBAL_TAG ? 'everything' : `everything under tag ${tag}`
}

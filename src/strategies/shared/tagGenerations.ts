import type { Port } from '../../contract/port.js'
import { WORDS_PER_LINE, type MachineShape, type Placed, type WordBlock } from '../../contract/strategy.js'

export const NO_TAG = 0
/** Of a space: it has no tag in any generation. */
const NEVER = 0
const FIRST_GENERATION = 1

/** Of the allocator. The generation is kept less FIRST_GENERATION, for words begin as 0. */
const LOCK = 0
const GENERATION = 1
const LAST_FOUND = 2

/** Of a space: its tag, and the generation in which that is its own. The tag is written first and read last. */
const TAG = 0
const STAMP = 1
const SPACE_WORDS = 2

/** Of a CPU. */
const ACTIVE = 0
const RESERVED_TAG = 1
const RESERVED_STAMP = 2
const IS_FLUSH_PENDING = 3

export type GenerationBlocks = 'allocator' | 'used' | 'space' | 'running'

export function generationBlocks(shape: MachineShape, tagCount: number): Record<GenerationBlocks, WordBlock> {
  return {
    allocator: { count: 1, stride: WORDS_PER_LINE },
    used: { count: (tagCount >>> 5) + 1, stride: 1 },
    space: { count: shape.spaceCount, stride: SPACE_WORDS },
    running: { count: shape.cpuCount, stride: WORDS_PER_LINE },
  }
}

/**
 * Tags that are handed out once in a generation, as Linux does for arm64 (arch/arm64/mm/context.c). When
 * none is left the generation goes up: all tags are free again but those that CPUs are running under,
 * which stay reserved for their spaces, and every CPU owes a flush of everything before it loads another
 * space. Nothing is sent to anybody.
 *
 * What is written under the lock is written by its holder alone, but for a CPU's active tag: that goes by
 * compare and exchange, so that a CPU can switch between two tags of one generation without the lock, and
 * finds out when a rollover came in between.
 */
export class TagGenerations {
  readonly #placed: Readonly<Record<GenerationBlocks, Placed>>
  readonly #tagCount: number
  readonly #generationCount: number
  readonly #cpuCount: number
  readonly #spaceCount: number

  /**
   * @param tagCount tags 1 to this; more than there are CPUs, for as many may be reserved
   * @param generationCount after so many the count begins again
   */
  constructor(
    placed: Readonly<Record<GenerationBlocks, Placed>>,
    shape: MachineShape,
    tagCount: number,
    generationCount: number,
  ) {
    this.#placed = placed
    this.#tagCount = tagCount
    this.#generationCount = generationCount
    this.#cpuCount = shape.cpuCount
    this.#spaceCount = shape.spaceCount
  }

  #spaceAt(space: number): number {
    return this.#placed.space.base + space * this.#placed.space.stride
  }

  #cpuAt(cpu: number): number {
    return this.#placed.running.base + cpu * this.#placed.running.stride
  }

  /** Of whatever generation: where the space does not run, nobody has anything of it under another one. */
  tagOf(cpu: Port, space: number): number {
    return cpu.load(this.#spaceAt(space) + TAG)
  }

  #generation(cpu: Port): number {
    return cpu.load(this.#placed.allocator.base + GENERATION) + FIRST_GENERATION
  }

  /** From one tag of this generation to another; NO_TAG where the lock is needed. */
  takeQuickly(cpu: Port, space: number): number {
    const active = this.#cpuAt(cpu.id) + ACTIVE
    const before = cpu.load(active)
    if (before === NO_TAG || cpu.load(this.#spaceAt(space) + STAMP) !== this.#generation(cpu)) return NO_TAG
    const tag = this.tagOf(cpu, space)
    return cpu.compareExchange(active, before, tag) === before ? tag : NO_TAG
  }

  tryLock(cpu: Port): boolean {
    return cpu.compareExchange(this.#placed.allocator.base + LOCK, 0, 1) === 0
  }

  unlock(cpu: Port): void {
    cpu.store(this.#placed.allocator.base + LOCK, 0)
  }

  /** Locked: the tag under which this CPU runs the space from now on. */
  take(cpu: Port, space: number): number {
    const at = this.#spaceAt(space)
    const isOfNow = cpu.load(at + STAMP) === this.#generation(cpu)
    const tag = isOfNow ? cpu.load(at + TAG) : this.#renew(cpu, space)
    cpu.store(this.#cpuAt(cpu.id) + ACTIVE, tag)
    return tag
  }

  /** Locked: nobody runs the space. Its tag stays used until the next rollover, and its next life gets another one. */
  retire(cpu: Port, space: number): void {
    const at = this.#spaceAt(space)
    cpu.store(at + TAG, NO_TAG)
    cpu.store(at + STAMP, NEVER)
  }

  /** Locked: whether this CPU has to flush everything first. */
  takePending(cpu: Port): boolean {
    return cpu.exchange(this.#cpuAt(cpu.id) + IS_FLUSH_PENDING, 0) !== 0
  }

  #renew(cpu: Port, space: number): number {
    const at = this.#spaceAt(space)
    const tag = this.#oldTag(cpu, at) || this.#findFree(cpu) || this.#afterRollover(cpu)
    cpu.store(at + TAG, tag)
    cpu.store(at + STAMP, this.#generation(cpu))
    this.#use(cpu, tag)
    return tag
  }

  /** The space goes on under its old number where some CPU runs it, or nobody else has got it. */
  #oldTag(cpu: Port, at: number): number {
    const tag = cpu.load(at + TAG)
    if (tag === NO_TAG) return NO_TAG
    const isReserved = this.#moveReserved(cpu, tag, cpu.load(at + STAMP), this.#generation(cpu))
    return isReserved || !this.#isUsed(cpu, tag) ? tag : NO_TAG
  }

  /** All CPUs that have the tag reserved since one generation now have it so since another. */
  #moveReserved(cpu: Port, tag: number, from: number, to: number): boolean {
    let isReserved = false
    for (let other = 0; other < this.#cpuCount; other++) {
      if (!this.#isReservedFor(cpu, other, tag, from)) continue
      isReserved = true
      cpu.store(this.#cpuAt(other) + RESERVED_STAMP, to)
    }
    return isReserved
  }

  #isReservedFor(cpu: Port, other: number, tag: number, stamp: number): boolean {
    const at = this.#cpuAt(other)
    return cpu.load(at + RESERVED_TAG) === tag && cpu.load(at + RESERVED_STAMP) === stamp
  }

  #wordOf(tag: number): number {
    return this.#placed.used.base + (tag >>> 5)
  }

  #isUsed(cpu: Port, tag: number): boolean {
    return (cpu.load(this.#wordOf(tag)) & (1 << (tag & 31))) !== 0
  }

  #use(cpu: Port, tag: number): void {
    cpu.store(this.#wordOf(tag), cpu.load(this.#wordOf(tag)) | (1 << (tag & 31)))
  }

  /** From where the last one was found on: those before it are used, but for a few that came free. */
  #findFree(cpu: Port): number {
    const last = this.#placed.allocator.base + LAST_FOUND
    for (let tag = cpu.load(last) + 1; tag <= this.#tagCount; tag++) {
      if (this.#isUsed(cpu, tag)) continue
      cpu.store(last, tag)
      return tag
    }
    return NO_TAG
  }

  #afterRollover(cpu: Port): number {
    this.#rollOver(cpu)
    // More tags than CPUs, so one is not reserved.
    return this.#findFree(cpu)
  }

  /** The generation first: a CPU that still takes a tag of the old one has it exchanged, and so reserved, below. */
  #rollOver(cpu: Port): void {
    const { allocator, used } = this.#placed
    const before = this.#generation(cpu)
    const next = before === this.#generationCount ? FIRST_GENERATION : before + 1
    cpu.store(allocator.base + GENERATION, next - FIRST_GENERATION)
    cpu.store(allocator.base + LAST_FOUND, 0)
    for (let word = 0; word <= this.#tagCount >>> 5; word++) cpu.store(used.base + word, 0)
    for (let other = 0; other < this.#cpuCount; other++) this.#reserve(cpu, other, before)
    if (next === FIRST_GENERATION) this.forgetStamps(cpu)
  }

  /** A CPU that has not switched since the rollover before goes on under what was reserved for it then. */
  #reserve(cpu: Port, other: number, generation: number): void {
    const at = this.#cpuAt(other)
    const active = cpu.exchange(at + ACTIVE, NO_TAG)
    if (active !== NO_TAG) {
      cpu.store(at + RESERVED_TAG, active)
      cpu.store(at + RESERVED_STAMP, generation)
    }
    const tag = cpu.load(at + RESERVED_TAG)
    if (tag !== NO_TAG) this.#use(cpu, tag)
    cpu.store(at + IS_FLUSH_PENDING, 1)
  }

  /**
   * The count begins again: a space that slept since its stamp was new would pass for one of this
   * generation. So nobody's stamp is left, but for spaces that are running.
   */
  protected forgetStamps(cpu: Port): void {
    for (let space = 0; space < this.#spaceCount; space++) {
      const at = this.#spaceAt(space)
      const isRunning = this.#isReserved(cpu, cpu.load(at + TAG), cpu.load(at + STAMP))
      cpu.store(at + STAMP, isRunning ? FIRST_GENERATION : NEVER)
    }
    // Only now: a space that slept could have the number of one that runs, and the stamp that this gets.
    for (let other = 0; other < this.#cpuCount; other++)
      cpu.store(this.#cpuAt(other) + RESERVED_STAMP, FIRST_GENERATION)
  }

  #isReserved(cpu: Port, tag: number, stamp: number): boolean {
    if (tag === NO_TAG) return false
    for (let other = 0; other < this.#cpuCount; other++)
      if (this.#isReservedFor(cpu, other, tag, stamp)) return true
    return false
  }
}

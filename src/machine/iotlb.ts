import { FRAME_SHIFT } from '../contract/page.js'
import type { Memory } from './memory.js'
import type { Layout } from './layout.js'
import type { Profile } from './profile.js'

/** A way: page plus one (0: free), the entry as cached, the oracle's clock at the walk that filled it, its turn. */
const KEY = 0
const ENTRY = 1
const STAMP = 2
const FILLED_AT = 3
const WAY_WORDS = 4

/** Page count of a command that names everything. */
export const EVERYTHING = -1

/** Words of the device's translation cache, shared by all CPUs; placed only where a tape has a device. */
export interface IotlbWords {
  /** 1: a translation, or a command, is under way. */
  readonly lock: number
  /** Commands that are complete. */
  readonly completed: number
  /** Fills so far, by which the oldest is known. */
  readonly fills: number
  readonly ways: number
  readonly setCount: number
  readonly wayCount: number
}

export function placeIotlb(layout: Layout, { name, extras }: Profile): IotlbWords {
  if (extras?.iommu === undefined) throw new Error(`a tape has a device, and profile ${name} no IOMMU`)
  const { entries, ways } = extras.iommu
  return {
    lock: layout.run('iotlbLock', 1),
    completed: layout.run('iotlbCompleted', 1),
    fills: layout.run('iotlbFills', 1),
    ways: layout.run('iotlb', entries.value * WAY_WORDS),
    setCount: entries.value / ways.value,
    wayCount: ways.value,
  }
}

/**
 * The translation cache of the device (VT-d: IOTLB), first in, first out. One translation or command at a
 * time, under a lock: so a command has waited for the translations before it, as hardware drains them, and none can put an
 * old entry back behind it. Every method but `lock` itself is called with the lock held.
 */
export class Iotlb {
  readonly #memory: Memory
  readonly #words: IotlbWords

  constructor(memory: Memory, words: IotlbWords) {
    this.#memory = memory
    this.#words = words
  }

  tryLock(): boolean {
    return this.#memory.compareExchange(this.#words.lock, 0, 1) === 0
  }

  /** For commands and the oracle, which cannot come back later. Whoever holds it holds it for one translation. */
  lock(): void {
    while (!this.tryLock());
  }

  unlock(): void {
    this.#memory.store(this.#words.lock, 0)
  }

  /** The entry that is cached for a page, or 0. */
  find(page: number): number {
    const way = this.#wayOf(page)
    return way < 0 ? 0 : this.#memory.peek(way + ENTRY)
  }

  fill(page: number, entry: number, stamp: number): void {
    const memory = this.#memory
    const way = this.#replaceable(page)
    const turn = memory.peek(this.#words.fills)
    memory.poke(this.#words.fills, turn + 1)
    memory.poke(way + KEY, page + 1)
    memory.poke(way + ENTRY, entry)
    memory.poke(way + STAMP, stamp)
    memory.poke(way + FILLED_AT, turn)
  }

  /** Fills so far: a command that drops later what is cached now names this. */
  get turn(): number {
    return this.#memory.peek(this.#words.fills)
  }

  /**
   * Carries out a command on what was filled before a turn.
   * @param pageCount EVERYTHING, or pages
   */
  drop(firstPage: number, pageCount: number, turn: number): void {
    if (pageCount !== EVERYTHING) {
      for (let page = firstPage; page < firstPage + pageCount; page++) this.#dropWay(this.#wayOf(page), turn)
      return
    }
    const { ways, setCount, wayCount } = this.#words
    for (let way = 0; way < setCount * wayCount; way++) this.#dropWay(ways + way * WAY_WORDS, turn)
  }

  #dropWay(way: number, turn: number): void {
    if (way >= 0 && ((this.#memory.peek(way + FILLED_AT) - turn) | 0) < 0) this.#memory.poke(way + KEY, 0)
  }

  /** One more command is complete: its number. */
  complete(): number {
    return (this.#memory.add(this.#words.completed, 1) + 1) | 0
  }

  get completed(): number {
    return this.#memory.load(this.#words.completed)
  }

  /** For the oracle: is there an entry that was filled before `stamp` and names `frame` (any, if -1)? */
  holdsStale(page: number, stamp: number, frame: number): boolean {
    const way = this.#wayOf(page)
    if (way < 0 || ((this.#memory.peek(way + STAMP) - stamp) | 0) >= 0) return false
    return frame < 0 || this.#memory.peek(way + ENTRY) >>> FRAME_SHIFT === frame
  }

  #setOf(page: number): number {
    const { ways, setCount, wayCount } = this.#words
    return ways + (page & (setCount - 1)) * wayCount * WAY_WORDS
  }

  #wayOf(page: number): number {
    const start = this.#setOf(page)
    const end = start + this.#words.wayCount * WAY_WORDS
    for (let way = start; way < end; way += WAY_WORDS) {
      if (this.#memory.peek(way + KEY) === page + 1) return way
    }
    return -1
  }

  #replaceable(page: number): number {
    const memory = this.#memory
    const start = this.#setOf(page)
    const end = start + this.#words.wayCount * WAY_WORDS
    let oldest = start
    for (let way = start; way < end; way += WAY_WORDS) {
      if (memory.peek(way + KEY) === 0) return way
      if (((memory.peek(way + FILLED_AT) - memory.peek(oldest + FILLED_AT)) | 0) < 0) oldest = way
    }
    return oldest
  }
}

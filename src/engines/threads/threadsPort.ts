import { reachedSerial } from '../../contract/change.js'
import { TICKET_SHIFT, type Ticket } from '../../contract/ticket.js'
import { Iotlb } from '../../machine/iotlb.js'
import type { Meter } from '../../machine/costs.js'
import type { StructureCache } from '../../machine/structureCache.js'
import type { Tlb } from '../../machine/tlb.js'
import { AtomicMemory } from './atomicMemory.js'
import { KnowingPort } from '../knowingPort.js'
import { BroadcastMail } from './broadcastMail.js'
import { DropMail } from './dropMail.js'
import type { CellWords } from '../cellWords.js'
import { doorbellsOf, postInterrupt, ring, SharedBells, type Bells, type Doorbell } from './doorbell.js'

/** Time passes by itself here. */
export const FREE: Meter = { charge: () => {} }

/** Nanoseconds on this worker's monotonic clock. */
export function clockNs(): number {
  return performance.now() * 1e6
}

export class ThreadsPort extends KnowingPort {
  readonly #words: Int32Array<SharedArrayBuffer>
  readonly #bells: Bells
  readonly #doorbells: readonly Doorbell[]
  /** Null where the strategy needs no broadcasts. */
  readonly #broadcasts: BroadcastMail | null
  /** Null where no tape has a device. */
  readonly #iotlb: Iotlb | null
  /** Null where hardware drops nothing at once. */
  readonly #drops: DropMail | null
  override readonly clockMarginTicks: number = 1

  constructor(
    id: number,
    cell: CellWords,
    privates: Int32Array,
    tlb: Tlb,
    structures: StructureCache,
    counters: Float64Array,
    words: Int32Array<SharedArrayBuffer>,
  ) {
    super(id, cell, privates, tlb, structures, FREE, counters)
    this.#words = words
    this.#bells = new SharedBells(words)
    this.#doorbells = doorbellsOf(cell.control, cell.config.cpuCount)
    this.#iotlb = cell.iotlb === null ? null : new Iotlb(new AtomicMemory(words), cell.iotlb)
    this.#broadcasts =
      cell.broadcasts === null
        ? null
        : new BroadcastMail(id, cell.broadcasts, words, this.#bells, this.#doorbells)
    this.#drops =
      cell.drops === null ? null : new DropMail(id, cell.drops, words, this.#bells, this.#doorbells)
  }

  now(): number {
    return clockNs()
  }

  load(word: number): number {
    return Atomics.load(this.#words, word)
  }

  store(word: number, value: number): void {
    Atomics.store(this.#words, word, value)
  }

  add(word: number, delta: number): number {
    return Atomics.add(this.#words, word, delta)
  }

  or(word: number, bits: number): number {
    return Atomics.or(this.#words, word, bits)
  }

  and(word: number, bits: number): number {
    return Atomics.and(this.#words, word, bits)
  }

  exchange(word: number, value: number): number {
    return Atomics.exchange(this.#words, word, value)
  }

  compareExchange(word: number, expected: number, value: number): number {
    return Atomics.compareExchange(this.#words, word, expected, value)
  }

  /** Every access above is sequentially consistent already. */
  fence(): void {}

  protected send(target: number): void {
    postInterrupt(this.#bells, this.#doorbells[target])
  }

  protected sendBroadcast(tag: number, firstPage: number, pageCount: number, stridePages: number): void {
    this.#broadcasts?.send(tag, firstPage, pageCount, stridePages)
  }

  /** Drops what the others, and this CPU itself, have broadcast since the last time. */
  takeBroadcasts(): void {
    this.#broadcasts?.take(this)
    this.#drops?.take(this, this.counters)
  }

  protected sendDrop(space: number, firstPage: number, pageCount: number, isWhole: boolean): number {
    this.dropHere(space, firstPage, pageCount, isWhole)
    this.#drops?.send(space, firstPage, pageCount, isWhole, this, this.counters)
    return 0
  }

  /** The CPU carries its command out itself, under the lock that translations take too. */
  protected sendToDevice(firstPage: number, pageCount: number): number {
    const iotlb = this.#iotlb
    if (iotlb === null) return 0
    iotlb.lock()
    iotlb.drop(firstPage, pageCount, iotlb.turn)
    const number = iotlb.complete()
    iotlb.unlock()
    return number
  }

  deviceCompleted(): number {
    return this.#iotlb?.completed ?? 0
  }

  deviceSync(): Ticket {
    return this.at(0)
  }

  acknowledge(ticket: Ticket): void {
    if (Atomics.sub(this.#words, ticket >> TICKET_SHIFT, 1) === 1)
      ring(this.#bells, this.#doorbells[this.ownerOf(ticket)])
  }

  settle(owner: number, serial: number): void {
    const word = this.watermarkOf(owner)
    let seen = Atomics.load(this.#words, word)
    while (!reachedSerial(seen, serial)) {
      const before = Atomics.compareExchange(this.#words, word, seen, serial)
      if (before === seen) return
      seen = before
    }
  }
}

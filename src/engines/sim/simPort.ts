import { reachedSerial } from '../../contract/change.js'
import { KERNEL_SPACE } from '../../contract/page.js'
import { TICKET_SHIFT, type Ticket } from '../../contract/ticket.js'
import { COST_ATOMIC, COST_INTERRUPT_SEND, COST_LINE_HIT, COST_LINE_SIBLING } from '../../machine/costs.js'
import type { StructureCache } from '../../machine/structureCache.js'
import type { Tlb } from '../../machine/tlb.js'
import type { StaleSpans } from '../../oracle/staleSpans.js'
import { KnowingPort } from '../knowingPort.js'
import type { CellWords } from '../cellWords.js'
import type { DeviceQueue } from './deviceQueue.js'
import { LINE_IS_HERE, type Lines } from './lines.js'
import type { SimClock } from './simClock.js'
import type { Broadcast } from './interconnect.js'
import type { SimTlbs } from './simTlbs.js'

/** What a port tells the engine. */
export interface SimEvents {
  sent(from: number, target: number): void
  /** A countdown of `owner` was taken down by one, at the present time of `by`. */
  acknowledged(by: number, owner: number, atPs: number, left: number): void
  /** A shared word of a strategy was written. */
  wrote(word: number, atPs: number): void
  settled(owner: number, serial: number, atPs: number): void
  broadcast(broadcast: Broadcast, atPs: number): void
}

/** What the CPUs of a cell share, as their ports reach it. */
export interface SharedParts {
  readonly lines: Lines
  readonly events: SimEvents
  readonly tlbs: SimTlbs
  /** Null: nobody wants to know when translations go. */
  readonly spans: StaleSpans | null
  /** Null where no tape has a device. */
  readonly device: DeviceQueue | null
}

export class SimPort extends KnowingPort {
  readonly #words: Int32Array
  readonly #clock: SimClock
  readonly #clusterSize: number
  readonly #lines: Lines
  readonly #events: SimEvents
  readonly #tlbs: SimTlbs
  /** Words that are loaded while a strategy polls; null: it does not. */
  looked: number[] | null = null
  readonly #spans: StaleSpans | null
  readonly #device: DeviceQueue | null

  constructor(
    id: number,
    cell: CellWords,
    privates: Int32Array,
    tlb: Tlb,
    structures: StructureCache,
    counters: Float64Array,
    words: Int32Array,
    clock: SimClock,
    { lines, events, tlbs, spans, device }: SharedParts,
  ) {
    super(id, cell, privates, tlb, structures, clock, counters)
    this.#words = words
    this.#clock = clock
    this.#clusterSize = cell.config.profile.interrupts?.clusterSize.value ?? 1
    this.#lines = lines
    this.#events = events
    this.#tlbs = tlbs
    this.#spans = spans
    this.#device = device
  }

  now(): number {
    return this.#clock.nowPs / 1000
  }

  override invalidate(space: number, firstPage: number, pageCount: number, stridePages: number): void {
    super.invalidate(space, firstPage, pageCount, stridePages)
    this.#spans?.flushed(this.id, space, firstPage, pageCount, this.now())
  }

  override invalidateSpace(space: number): void {
    super.invalidateSpace(space)
    this.#spans?.flushed(this.id, space, 0, Infinity, this.now())
  }

  override invalidateAll(): void {
    super.invalidateAll()
    this.#spans?.flushed(this.id, KERNEL_SPACE, 0, Infinity, this.now())
  }

  override activate(space: number, tag: number, keep: boolean): void {
    super.activate(space, tag, keep)
    this.#spans?.flushed(this.id, KERNEL_SPACE, 0, Infinity, this.now())
  }

  #chargeLine(distance: number): void {
    this.#clock.charge(distance === LINE_IS_HERE ? COST_LINE_HIT : COST_LINE_SIBLING + distance, 1)
  }

  #update(word: number, value: number): number {
    const before = this.#words[word]
    this.#chargeLine(this.#lines.write(this.id, word))
    this.#clock.charge(COST_ATOMIC, 1)
    this.#words[word] = value
    this.#events.wrote(word, this.#clock.nowPs)
    return before
  }

  load(word: number): number {
    this.looked?.push(word)
    this.#chargeLine(this.#lines.read(this.id, word))
    return this.#words[word]
  }

  store(word: number, value: number): void {
    this.#chargeLine(this.#lines.write(this.id, word))
    this.#words[word] = value
    this.#events.wrote(word, this.#clock.nowPs)
  }

  add(word: number, delta: number): number {
    return this.#update(word, this.#words[word] + delta)
  }

  or(word: number, bits: number): number {
    return this.#update(word, this.#words[word] | bits)
  }

  and(word: number, bits: number): number {
    return this.#update(word, this.#words[word] & bits)
  }

  exchange(word: number, value: number): number {
    return this.#update(word, value)
  }

  compareExchange(word: number, expected: number, value: number): number {
    const before = this.#words[word]
    return this.#update(word, before === expected ? value : before)
  }

  fence(): void {
    this.#clock.charge(COST_ATOMIC, 1)
  }

  /** One command reaches the targets of a cluster that stand next to each other in the call. */
  protected send(target: number, previous: number): void {
    const size = this.#clusterSize
    const isWithPrevious = previous >= 0 && Math.floor(previous / size) === Math.floor(target / size)
    if (!isWithPrevious) this.#clock.charge(COST_INTERRUPT_SEND, 1)
    this.#events.sent(this.id, target)
  }

  protected sendBroadcast(tag: number, firstPage: number, pageCount: number, stridePages: number): void {
    this.#events.broadcast({ sender: this.id, tag, firstPage, pageCount, stridePages }, this.#clock.nowPs)
  }

  protected sendToDevice(firstPage: number, pageCount: number): number {
    return this.#device?.add(firstPage, pageCount, this.#clock.nowPs) ?? 0
  }

  deviceCompleted(): number {
    this.#clock.charge(COST_LINE_HIT, 1)
    return this.#device?.settle(this.#clock.nowPs) ?? 0
  }

  deviceSync(): Ticket {
    return this.at((this.#device?.idlePs ?? 0) / 1000)
  }

  override presentNs(): number {
    return this.#tlbs.presentPs / 1000
  }

  protected override sendDrop(space: number, firstPage: number, pageCount: number, isWhole: boolean): number {
    return this.#tlbs.dropEverywhere(this.id, space, firstPage, pageCount, isWhole)
  }

  acknowledge(ticket: Ticket): void {
    const left = this.add(ticket >> TICKET_SHIFT, -1) - 1
    this.#events.acknowledged(this.id, this.ownerOf(ticket), this.#clock.nowPs, left)
  }

  settle(owner: number, serial: number): void {
    const word = this.watermarkOf(owner)
    if (reachedSerial(this.#words[word], serial)) {
      this.load(word)
      return
    }
    this.#update(word, serial)
    this.#events.settled(owner, serial, this.#clock.nowPs)
  }
}

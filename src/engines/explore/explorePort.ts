import { reachedSerial } from '../../contract/change.js'
import { ACCESSED, DIRTY, KERNEL_SPACE, WRITABLE } from '../../contract/page.js'
import type { CpuSet, Port } from '../../contract/port.js'
import {
  DONE,
  TICKET_AT,
  TICKET_REACHED,
  TICKET_SHIFT,
  TICKET_ZERO,
  type Ticket,
} from '../../contract/ticket.js'
import { STAMP_OFFSET, wordOfEntry } from '../../machine/tables.js'
import { LEVEL_LEAF } from '../../pagetable/passedEvent.js'
import { NO_OWN_TABLE, NO_PRIVATE_FILLS } from '../basePort.js'
import { rangeText } from './broadcasts.js'
import { TICK_NS } from './clock.js'
import { ACTIVE_SPACE, IS_EXPIRY, PENDING_INTERRUPT, TAGS, TICKET_VALUE } from './exploreWords.js'
import { ExploreOwnTable } from './exploreOwnTable.js'
import { forgetAllOrphans, forgetOrphans, isOrphaned, orphan } from './orphanedTags.js'
import { PortAccesses } from './portAccesses.js'
import type { PortParts } from './portParts.js'
import type { StoreBuffer } from './storeBuffer.js'

/** A port whose every shared access, flush and interrupt is a point at which other CPUs can come in between. */
export class ExplorePort extends PortAccesses implements Port {
  readonly id: number
  readonly count: number
  readonly ownTable: ExploreOwnTable | null
  readonly #privates: Int32Array
  /** First of this CPU's own words of the engine. */
  readonly #state: number

  constructor(id: number, parts: PortParts, privates: Int32Array, buffer: StoreBuffer) {
    super(parts, buffer)
    this.id = id
    this.count = parts.cell.config.cpuCount
    this.#privates = privates
    const { arena, log, tracked, speculation, words } = parts
    this.ownTable =
      words.own === null ? null : new ExploreOwnTable(id, words.own, arena, log, tracked, speculation)
    this.#state = parts.words.cpus.base + id * parts.words.cpus.stride
  }

  now(): number {
    const { log, clock } = this.parts
    return log.point() ? log.keep(clock.now) * TICK_NS : log.value * TICK_NS
  }

  get(index: number): number {
    return this.#privates[index]
  }

  set(index: number, value: number): void {
    this.#privates[index] = value
  }

  invalidate(space: number, firstPage: number, pageCount: number, stridePages: number): void {
    this.effect(`invalidate ${pageCount} pages from ${firstPage}`, () =>
      this.parts.held.dropRange(this.id, space, firstPage, pageCount, stridePages),
    )
  }

  invalidateSpace(space: number): void {
    this.effect(`flush space ${space}`, () => this.parts.held.dropSpace(this.id, space))
  }

  invalidateAll(): void {
    this.effect('flush everything', () => {
      this.parts.held.dropSpace(this.id, KERNEL_SPACE)
      forgetAllOrphans(this.parts.arena, this.#state)
    })
  }

  activate(space: number, tag: number, keep: boolean): void {
    this.effect(`load space ${space}`, () => {
      const { arena, cell, speculation, oracle, held } = this.parts
      const from = arena.words[this.#state + ACTIVE_SPACE]
      const isTagKept = keep || arena.words[this.#state + TAGS + from] !== tag
      if (from !== space && isTagKept) speculation.beforeLeaving(this.id, from)
      for (let other = 0; other < cell.config.spaceCount; other++) {
        if (other === space || arena.words[this.#state + TAGS + other] !== tag) continue
        // The tag's old entries would be found under the new space.
        if (keep) oracle.judgeTagTakenOver(this.id, other, space)
        held.dropSpace(this.id, other)
        arena.set(this.#state + TAGS + other, 0)
      }
      const before = arena.words[this.#state + TAGS + space]
      if (before !== tag && held.dropAll(this.id, space)) orphan(arena, this.#state, before)
      if (keep && isOrphaned(arena, this.#state, tag)) oracle.judgeOrphans(this.id, space)
      if (!keep) {
        held.dropSpace(this.id, space)
        forgetOrphans(arena, this.#state, tag)
      }
      arena.set(this.#state + TAGS + space, tag)
      arena.set(this.#state + ACTIVE_SPACE, space)
    })
  }

  dropOwn(firstPage: number, pageCount: number): void {
    const { ownTable } = this
    if (ownTable === null) throw new Error(NO_OWN_TABLE)
    this.effect(`drop ${pageCount} own pages from ${firstPage}`, () => ownTable.drop(firstPage, pageCount))
  }

  fillPrivately(_space: number, page: number, entry: number): void {
    if (this.parts.cell.host.shape.entryCount === undefined) throw new Error(NO_PRIVATE_FILLS)
    this.effect(`fill page ${page} privately`, () => {
      const { arena, cell, held, tracked } = this.parts
      const word = wordOfEntry(cell.machine.tables, entry)
      if ((arena.words[word] & WRITABLE) !== 0) arena.set(word, arena.words[word] | DIRTY)
      held.fill(
        this.id,
        tracked.indexOf(page, LEVEL_LEAF),
        arena.words[word] | ACCESSED,
        arena.words[word + STAMP_OFFSET],
      )
    })
  }

  #send(target: number): void {
    const { arena, words } = this.parts
    arena.set(words.cpus.base + target * words.cpus.stride + PENDING_INTERRUPT, 1)
  }

  interruptOne(target: number): void {
    this.effect(`interrupt CPU ${target}`, () => {
      this.buffer.drain()
      this.#send(target)
    })
  }

  interruptSet(targets: CpuSet): void {
    for (let target = 0; target < this.count; target++) {
      if ((this.#privates[targets + (target >>> 5)] & (1 << (target & 31))) !== 0) this.interruptOne(target)
    }
  }

  interruptAllButSelf(): void {
    for (let target = 0; target < this.count; target++) if (target !== this.id) this.interruptOne(target)
  }

  /** Weakly ordered: what waits in the store buffer goes on waiting. */
  broadcast(tag: number, firstPage: number, pageCount: number, stridePages: number): void {
    this.effect(`broadcast ${rangeText(tag, firstPage, pageCount)}`, () =>
      this.parts.broadcasts.send(this.id, tag, firstPage, pageCount, stridePages),
    )
  }

  /** The barrier that a broadcast is not; the wait is the task's. */
  broadcastSync(): Ticket {
    const { broadcasts } = this.parts
    broadcasts.demand()
    this.effect('sync of its broadcasts', () => this.buffer.drain())
    return this.zero(broadcasts.undeliveredWord(this.id))
  }

  invalidateDevice(firstPage: number, pageCount: number): number {
    return this.#commandDevice(`${pageCount} pages from ${firstPage}`, firstPage, pageCount)
  }

  flushDevice(): number {
    return this.#commandDevice('everything', 0, Infinity)
  }

  #commandDevice(what: string, firstPage: number, pageCount: number): number {
    const { log, device } = this.parts
    device.demand()
    if (!log.point()) return log.value
    this.buffer.drain()
    this.onAccess?.(`command to the device: drop ${what}`)
    return log.keep(device.queue(firstPage, pageCount))
  }

  /** Whoever looks finds all complete: that a command takes longer is that he looks later. */
  deviceCompleted(): number {
    const { log, device } = this.parts
    if (!log.point()) return log.value
    device.complete(device.queued)
    return this.traced('load', device.completedWord, device.queued)
  }

  deviceSync(): Ticket {
    const { log, device } = this.parts
    const queued = log.point() ? log.keep(device.queued) : log.value
    return this.reached(device.completedWord, queued)
  }

  /** Read as the clock is: other CPUs can move it before. */
  hasExpired(expiry: number): boolean {
    const { log, expiring } = this.parts
    return (log.point() ? log.keep(expiring?.hasPassed(expiry) === true ? 1 : 0) : log.value) === 1
  }

  untilExpired(expiry: number): Ticket {
    this.parts.arena.set(this.#state + TICKET_VALUE, expiry | IS_EXPIRY)
    return TICKET_AT
  }

  /** Done when it returns, so nobody comes in between. */
  invalidateSharers(space: number, firstPage: number, pageCount: number): void {
    this.effect(`directory drops ${pageCount} pages from ${firstPage}`, () => {
      for (let cpu = 0; cpu < this.count; cpu++)
        this.parts.held.dropRange(cpu, space, firstPage, pageCount, 1)
    })
  }

  arm(count: number): Ticket {
    if (count === 0) return DONE
    const { countdowns } = this.parts.cell.control
    const word = countdowns.base + this.id * countdowns.stride
    this.store(word, count)
    return (word << TICKET_SHIFT) | TICKET_ZERO
  }

  acknowledge(ticket: Ticket): void {
    this.add(ticket >> TICKET_SHIFT, -1)
  }

  zero(word: number): Ticket {
    return (word << TICKET_SHIFT) | TICKET_ZERO
  }

  reached(word: number, value: number): Ticket {
    this.parts.arena.set(this.#state + TICKET_VALUE, value)
    return (word << TICKET_SHIFT) | TICKET_REACHED
  }

  at(timeNs: number): Ticket {
    this.parts.arena.set(this.#state + TICKET_VALUE, Math.ceil(timeNs / TICK_NS))
    return TICKET_AT
  }

  issued(owner: number): number {
    const { issued } = this.parts.cell.machine
    return this.load(issued.base + owner * issued.stride)
  }

  settledUpTo(owner: number): number {
    const { watermark } = this.parts.cell.machine
    return this.load(watermark.base + owner * watermark.stride)
  }

  settle(owner: number, serial: number): void {
    const { watermark } = this.parts.cell.machine
    const word = watermark.base + owner * watermark.stride
    this.effect(`settle CPU ${owner} up to ${serial}`, () => {
      this.buffer.drain()
      if (reachedSerial(this.parts.arena.words[word], serial)) return
      this.parts.arena.set(word, serial)
      const { issued } = this.parts.cell.machine
      this.parts.oracle.settled(owner, serial, this.parts.arena.words[issued.base + owner * issued.stride])
    })
  }
}

import { reachedSerial } from '../../contract/change.js'
import { KERNEL_SPACE } from '../../contract/page.js'
import type { Port } from '../../contract/port.js'
import { WORDS_PER_LINE, type Placed } from '../../contract/strategy.js'
import type { Holders } from './holders.js'
import { flush } from './round.js'
import { wholeLines } from './lines.js'

/**
 * Per CPU a ring of ranges that the other CPUs have still to flush, and an epoch that tells how often
 * they have looked. The epoch moves on when every CPU has completed a sweep that it began in that
 * epoch; it is the minimum over per-CPU sweep counters, kept as one number. Time plays no part: a CPU
 * whose tick is late holds everything back.
 *
 * A slot notes the epoch AFTER it is published. Sweeps counted for the epoch noted may have begun
 * before; those of the next two have not, so from epoch + 3 on every CPU has swept the slot twice.
 * Noted before, the epoch could move on in between, and a slot that nobody has seen would be free.
 */
export const HEAD = 0
const TAIL = 1
/** Serial of the last change whose operation has ended. */
const ENDED_SERIAL = 2
const SLOTS_AT = WORDS_PER_LINE

const SPACE = 0
const FIRST = 1
const PAGES = 2
const SERIAL = 3
export const EPOCH = 4
/** Settled by a round of its own: free as soon as it is the oldest. */
const IS_FINISHED = 5
const SLOT_WORDS = 8

/** The one in which a slot is published may have begun before: it counts for nothing. */
const EPOCHS_TO_FREE = 1

/** No slot. Slot numbers count up from 0 and come to this one only after 2^32 operations of a CPU. */
export const NO_SLOT = -1

/** Private words: the epoch of this CPU's last counted sweep plus one, then per owner the next slot to look at. */
const COUNTED_EPOCH = 0
const CURSORS = 1

export class SweptRing {
  static wordsPerCpu(slots: number): number {
    return wholeLines(SLOTS_AT + slots * SLOT_WORDS)
  }

  protected readonly ring: Placed
  protected readonly epoch: Placed
  protected readonly privates: number
  protected readonly slots: number
  protected readonly cpuCount: number
  readonly #sweeps: number
  readonly #countsFirst: boolean

  /**
   * @param epoch two words on lines of their own: the epoch, and how many CPUs have swept in it
   * @param sweeps of every CPU after which a slot is free
   * @param countsFirst a sweep counts before it is done, which is wrong
   */
  constructor(
    ring: Placed,
    epoch: Placed,
    privates: number,
    slots: number,
    cpuCount: number,
    sweeps = 2,
    countsFirst = false,
  ) {
    this.ring = ring
    this.epoch = epoch
    this.privates = privates
    this.slots = slots
    this.cpuCount = cpuCount
    this.#sweeps = sweeps
    this.#countsFirst = countsFirst
  }

  protected ringOf(owner: number): number {
    return this.ring.base + owner * this.ring.stride
  }

  slotWord(owner: number, slot: number): number {
    return this.ringOf(owner) + SLOTS_AT + ((slot >>> 0) % this.slots) * SLOT_WORDS
  }

  spaceOf(cpu: Port, at: number): number {
    return cpu.load(at + SPACE)
  }

  firstOf(cpu: Port, at: number): number {
    return cpu.load(at + FIRST)
  }

  pagesOf(cpu: Port, at: number): number {
    return cpu.load(at + PAGES)
  }

  nextSlot(cpu: Port): number {
    return cpu.load(this.ringOf(cpu.id) + HEAD)
  }

  isFull(cpu: Port): boolean {
    const ring = this.ringOf(cpu.id)
    return ((cpu.load(ring + HEAD) - cpu.load(ring + TAIL)) | 0) >= this.slots
  }

  /** Of this CPU's own slots: is it still waiting to be swept? */
  isLive(cpu: Port, slot: number): boolean {
    const ring = this.ringOf(cpu.id)
    return reachedSerial(slot, cpu.load(ring + TAIL)) && !reachedSerial(slot, cpu.load(ring + HEAD))
  }

  flushHere(cpu: Port, space: number, firstPage: number, pages: number): void {
    flush(cpu, space, firstPage, pages, 1)
  }

  append(cpu: Port, space: number, firstPage: number, pages: number, serial: number): void {
    const ring = this.ringOf(cpu.id)
    const slot = cpu.load(ring + HEAD)
    this.publish(cpu, slot, space, firstPage, pages, serial)
    this.noteEpoch(cpu, slot)
    cpu.store(ring + ENDED_SERIAL, serial)
  }

  /** The slot is complete before the head lets the others read it. */
  protected publish(
    cpu: Port,
    slot: number,
    space: number,
    firstPage: number,
    pages: number,
    serial: number,
  ): void {
    const at = this.slotWord(cpu.id, slot)
    cpu.store(at + SPACE, space)
    cpu.store(at + FIRST, firstPage)
    cpu.store(at + PAGES, pages)
    cpu.store(at + SERIAL, serial)
    cpu.store(at + IS_FINISHED, 0)
    cpu.store(this.ringOf(cpu.id) + HEAD, (slot + 1) | 0)
  }

  protected noteEpoch(cpu: Port, slot: number): void {
    cpu.store(this.slotWord(cpu.id, slot) + EPOCH, cpu.load(this.epoch.base))
  }

  /** A round has flushed the slot's range everywhere: it need not wait for sweeps any more. */
  finishEarly(cpu: Port, slot: number): void {
    if (this.isLive(cpu, slot)) cpu.store(this.slotWord(cpu.id, slot) + IS_FINISHED, 1)
    this.reclaim(cpu)
  }

  /** Frees this CPU's oldest slots as far as everybody has swept them, and settles what they held. */
  reclaim(cpu: Port): void {
    const ring = this.ringOf(cpu.id)
    const head = cpu.load(ring + HEAD)
    const first = cpu.load(ring + TAIL)
    let tail = first
    if (tail === head) return
    const epoch = cpu.load(this.epoch.base)
    let serial = 0
    while (tail !== head) {
      const at = this.slotWord(cpu.id, tail)
      if (!this.isSwept(cpu, at, epoch) && cpu.load(at + IS_FINISHED) === 0) break
      serial = cpu.load(at + SERIAL)
      tail = (tail + 1) | 0
    }
    if (tail === first) return
    cpu.settle(cpu.id, tail === head ? cpu.load(ring + ENDED_SERIAL) : serial)
    cpu.store(ring + TAIL, tail)
  }

  protected isSwept(cpu: Port, at: number, epoch: number): boolean {
    return reachedSerial(epoch, (cpu.load(at + EPOCH) + EPOCHS_TO_FREE + this.#sweeps) | 0)
  }

  /** An operation has ended whose changes need no slot: the watermark moves if no slot waits before it. */
  settleUpTo(cpu: Port, serial: number): void {
    const ring = this.ringOf(cpu.id)
    cpu.store(ring + ENDED_SERIAL, serial)
    if (cpu.load(ring + HEAD) === cpu.load(ring + TAIL) && serial !== cpu.settledUpTo(cpu.id))
      cpu.settle(cpu.id, serial)
  }

  /**
   * Flushes what other CPUs have put into their rings since this CPU looked last. A slot that was
   * reused meanwhile was settled before, so whatever is read of it can only flush too much.
   */
  sweep(cpu: Port, holders: Holders): void {
    const epoch = cpu.load(this.epoch.base)
    if (this.#countsFirst) this.countSweep(cpu, epoch)
    this.sweepAll(cpu, holders)
    if (!this.#countsFirst) this.countSweep(cpu, epoch)
  }

  protected sweepAll(cpu: Port, holders: Holders): void {
    for (let owner = 0; owner < this.cpuCount; owner++) {
      if (owner !== cpu.id) this.sweepRing(cpu, holders, owner)
    }
  }

  /** @param epoch read before the sweep began */
  protected countSweep(cpu: Port, epoch: number): void {
    if (cpu.get(this.privates + COUNTED_EPOCH) === ((epoch + 1) | 0)) return
    cpu.set(this.privates + COUNTED_EPOCH, (epoch + 1) | 0)
    // The last CPU of the epoch moves it on; nobody counts for the next one before it has moved.
    if (cpu.add(this.epoch.base + this.epoch.stride, 1) !== this.cpuCount - 1) return
    cpu.store(this.epoch.base + this.epoch.stride, 0)
    cpu.add(this.epoch.base, 1)
  }

  protected sweepRing(cpu: Port, holders: Holders, owner: number): void {
    const cursor = this.privates + CURSORS + owner
    const head = cpu.load(this.ringOf(owner) + HEAD)
    let slot = cpu.get(cursor)
    if (slot === head) return
    // What lies further back than the ring is long was settled before it was overwritten.
    if (((head - slot) | 0) > this.slots) slot = (head - this.slots) | 0
    for (; slot !== head; slot = (slot + 1) | 0) {
      const at = this.slotWord(owner, slot)
      const space = cpu.load(at + SPACE)
      // Kernel mappings have no holders: every CPU may cache them.
      if (space === KERNEL_SPACE || holders.holds(cpu, space))
        flush(cpu, space, cpu.load(at + FIRST), cpu.load(at + PAGES), 1)
    }
    cpu.set(cursor, head)
  }
}

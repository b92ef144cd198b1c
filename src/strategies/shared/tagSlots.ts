import { KERNEL_SPACE } from '../../contract/page.js'
import type { Port } from '../../contract/port.js'
import type { Placed } from '../../contract/strategy.js'

/** Private words: the space that is loaded, its slot, the slot that is given next; then space and generation of each slot. */
const LOADED = 0
const SLOT = 1
const NEXT = 2
const SLOTS_AT = 3
const SPACE = 0
const GENERATION = 1
const SLOT_WORDS = 2

/**
 * Linux' generations and dynamic address-space identifiers. Each space counts its flushes in a shared
 * word. Each CPU has a few slots; slot i stands for tag i + 1 and says whose translations are under it
 * and up to which flush they are good. A CPU that was not running a space is not told of its flushes,
 * and compares the counts when it comes back.
 */
export class TagSlots {
  static wordsFor(tagCount: number): number {
    return SLOTS_AT + tagCount * SLOT_WORDS
  }

  readonly #generations: Placed
  readonly #at: number
  readonly #tagCount: number

  /**
   * @param generations one word for each space
   * @param at first of `wordsFor(tagCount)` private words
   */
  constructor(generations: Placed, at: number, tagCount: number) {
    this.#generations = generations
    this.#at = at
    this.#tagCount = tagCount
  }

  current(cpu: Port, space: number): number {
    return cpu.load(this.#generations.base + space * this.#generations.stride)
  }

  /** A full barrier: the new count is there before the masks and flags of the others are read. */
  raise(cpu: Port, space: number): number {
    return (cpu.add(this.#generations.base + space * this.#generations.stride, 1) + 1) | 0
  }

  /** KERNEL_SPACE before the first switch. */
  loaded(cpu: Port): number {
    return cpu.get(this.#at + LOADED)
  }

  #slotAt(slot: number): number {
    return this.#at + SLOTS_AT + slot * SLOT_WORDS
  }

  /** Up to which flush the translations of the loaded space are good here. */
  seen(cpu: Port): number {
    return cpu.get(this.#slotAt(cpu.get(this.#at + SLOT)) + GENERATION)
  }

  note(cpu: Port, generation: number): void {
    cpu.set(this.#slotAt(cpu.get(this.#at + SLOT)) + GENERATION, generation)
  }

  /** @param generation of the space, read after this CPU has published that it runs it */
  load(cpu: Port, space: number, generation: number): void {
    let slot = this.#find(cpu, space)
    const isKept = slot >= 0 && this.isKept(cpu.get(this.#slotAt(slot) + GENERATION), generation)
    if (slot < 0) slot = this.#take(cpu)
    cpu.activate(space, slot + 1, isKept)
    cpu.set(this.#at + LOADED, space)
    cpu.set(this.#at + SLOT, slot)
    cpu.set(this.#slotAt(slot) + SPACE, space)
    cpu.set(this.#slotAt(slot) + GENERATION, generation)
  }

  /** Equal and not "reached": the counts have 32 bits, and a space may be flushed 2^31 times while a slot rests. */
  protected isKept(seen: number, generation: number): boolean {
    return seen === generation
  }

  /** @returns -1 where no slot is the space's; an unused one says KERNEL_SPACE, which nobody loads */
  #find(cpu: Port, space: number): number {
    for (let slot = 0; slot < this.#tagCount; slot++)
      if (cpu.get(this.#slotAt(slot) + SPACE) === space && space !== KERNEL_SPACE) return slot
    return -1
  }

  /** Round robin, whoever has it now. */
  #take(cpu: Port): number {
    const slot = cpu.get(this.#at + NEXT)
    cpu.set(this.#at + NEXT, (slot + 1) % this.#tagCount)
    return slot
  }
}

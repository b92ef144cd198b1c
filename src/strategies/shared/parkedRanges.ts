import { type Change, reachedSerial } from '../../contract/change.js'
import type { Port } from '../../contract/port.js'
import { WORDS_PER_LINE, type MachineShape, type Placed, type WordBlock } from '../../contract/strategy.js'

/** On a line of each CPU: the pages from the first to the last that wait, and the last change among them. */
const FIRST = 0
const END = 1
const SERIAL = 2
/** 1: this CPU has parked something since the start. */
const IS_USED = 3

export function parkedBlock(shape: MachineShape): WordBlock {
  return { count: shape.cpuCount, stride: WORDS_PER_LINE }
}

/** First page, end, how many owners, then owner and serial of each. */
export function collectedPrivates(shape: MachineShape): number {
  return 3 + shape.cpuCount * 2
}

const COLLECTED_FIRST = 0
const COLLECTED_END = 1
const OWNERS = 2
const PAIRS = 3

/**
 * What all CPUs have changed and nobody has flushed: for each CPU one range, holes included, and the serial up to which
 * it is complete. Its owner alone writes it.
 *
 * The range is widened BEFORE its serial is written, and the serial is read BEFORE the range: so what is read reaches all
 * changes up to that serial. It begins anew when the serial in it is settled; who reads a serial and then a range that has
 * begun anew settles what is settled.
 */
export class ParkedRanges {
  readonly #placed: Placed
  protected readonly at: number

  /** @param at first of `collectedPrivates` private words */
  constructor(placed: Placed, at: number) {
    this.#placed = placed
    this.at = at
  }

  protected rowOf(cpu: number): number {
    return this.#placed.base + cpu * this.#placed.stride
  }

  park(cpu: Port, change: Change): void {
    const row = this.rowOf(cpu.id)
    const end = change.firstPage + change.pageCount
    const isAnew = this.beginsAnew(cpu, row)
    cpu.store(row + FIRST, isAnew ? change.firstPage : Math.min(cpu.load(row + FIRST), change.firstPage))
    cpu.store(row + END, isAnew ? end : Math.max(cpu.load(row + END), end))
    cpu.store(row + SERIAL, change.serial)
    cpu.store(row + IS_USED, 1)
  }

  protected beginsAnew(cpu: Port, row: number): boolean {
    return cpu.load(row + IS_USED) === 0 || reachedSerial(cpu.settledUpTo(cpu.id), cpu.load(row + SERIAL))
  }

  /** Puts the ranges of all CPUs together in private words; false: nothing waits. */
  collect(cpu: Port): boolean {
    let first = Infinity
    let end = 0
    let owners = 0
    for (let owner = 0; owner < cpu.count; owner++) {
      const row = this.rowOf(owner)
      if (cpu.load(row + IS_USED) === 0) continue
      const serial = this.serialOf(cpu, owner, row)
      if (reachedSerial(cpu.settledUpTo(owner), serial)) continue
      cpu.set(this.at + PAIRS + owners * 2, owner)
      cpu.set(this.at + PAIRS + owners * 2 + 1, serial)
      owners++
      first = Math.min(first, cpu.load(row + FIRST))
      end = Math.max(end, cpu.load(row + END))
    }
    cpu.set(this.at + OWNERS, owners)
    if (owners === 0) return false
    cpu.set(this.at + COLLECTED_FIRST, first)
    cpu.set(this.at + COLLECTED_END, end)
    return true
  }

  protected serialOf(cpu: Port, _owner: number, row: number): number {
    return cpu.load(row + SERIAL)
  }

  first(cpu: Port): number {
    return cpu.get(this.at + COLLECTED_FIRST)
  }

  pageCount(cpu: Port): number {
    return cpu.get(this.at + COLLECTED_END) - cpu.get(this.at + COLLECTED_FIRST)
  }

  /** What was collected is flushed on every CPU. */
  settle(cpu: Port): void {
    const owners = cpu.get(this.at + OWNERS)
    for (let i = 0; i < owners; i++)
      cpu.settle(cpu.get(this.at + PAIRS + i * 2), cpu.get(this.at + PAIRS + i * 2 + 1))
  }
}

import type { Change } from '../../contract/change.js'
import { KERNEL_SPACE } from '../../contract/page.js'
import type { Port } from '../../contract/port.js'
import { WHOLE_SPACE } from './round.js'

/**
 * Collects changes into one range, as Linux' `mmu_gather` does: smallest to largest page, holes
 * included. Changes of two spaces make it "everything": an operation that edits both a user and a
 * kernel mapping is rare, and two ranges would need two rounds.
 */
export const GATHER_PRIVATES = 4
const COUNT = 0
const SPACE = 1
const FIRST = 2
const END = 3

export class Gather {
  protected readonly at: number
  protected readonly ceiling: number

  /**
   * @param at first of GATHER_PRIVATES private words
   * @param ceiling pages of the range above which the whole space is flushed
   */
  constructor(at: number, ceiling: number) {
    this.at = at
    this.ceiling = ceiling
  }

  add(cpu: Port, change: Change): void {
    this.addRange(cpu, change.space, change.firstPage, change.firstPage + change.pageCount, 1)
  }

  /** Takes over what another gather holds, and empties it. */
  addAll(cpu: Port, other: Gather): void {
    if (other.count(cpu) === 0) return
    const first = cpu.get(other.at + FIRST)
    this.addRange(cpu, other.space(cpu), first, cpu.get(other.at + END), other.count(cpu))
    other.clear(cpu)
  }

  protected addRange(cpu: Port, space: number, first: number, end: number, count: number): void {
    const at = this.at
    if (cpu.get(at + COUNT) === 0) {
      cpu.set(at + SPACE, space)
      cpu.set(at + FIRST, first)
      cpu.set(at + END, end)
    } else if (cpu.get(at + SPACE) !== space) {
      cpu.set(at + SPACE, KERNEL_SPACE)
      cpu.set(at + FIRST, 0)
      cpu.set(at + END, 0x7fffffff)
    } else {
      cpu.set(at + FIRST, Math.min(cpu.get(at + FIRST), first))
      cpu.set(at + END, Math.max(cpu.get(at + END), end))
    }
    cpu.set(at + COUNT, cpu.get(at + COUNT) + count)
  }

  clear(cpu: Port): void {
    cpu.set(this.at + COUNT, 0)
  }

  /** Changes gathered. */
  count(cpu: Port): number {
    return cpu.get(this.at + COUNT)
  }

  space(cpu: Port): number {
    return cpu.get(this.at + SPACE)
  }

  first(cpu: Port): number {
    return cpu.get(this.at + FIRST)
  }

  /** Pages to flush, or WHOLE_SPACE above the ceiling. */
  pages(cpu: Port): number {
    const pages = cpu.get(this.at + END) - cpu.get(this.at + FIRST)
    return pages > this.ceiling ? WHOLE_SPACE : pages
  }
}

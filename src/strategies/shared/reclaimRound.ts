import type { CpuSet, Port } from '../../contract/port.js'
import type { Ticket } from '../../contract/ticket.js'
import { LinuxRound } from './linuxRound.js'

/** In the place of a space: whatever a CPU has loaded, if it is behind. */
export const ANY_SPACE = -1

/** A round for the holders of several spaces, put together before. */
export class ReclaimRound extends LinuxRound {
  /** Private words, set by the strategy that makes it: who is owed a flush, and room for one space's holders. */
  pending: CpuSet = 0
  found: CpuSet = 0

  /**
   * The generation first, then the mask: who enters the space after it was read sees the generation.
   * @returns false: nobody else runs the space, and this CPU has flushed it
   */
  defer(cpu: Port, space: number, firstPage: number, pageCount: number): boolean {
    const generation = this.slots.raise(cpu, space)
    if (this.holders.others(cpu, space, this.found) === 0) {
      this.carryOut(cpu, space, firstPage, pageCount, generation)
      return false
    }
    this.addPending(cpu)
    return true
  }

  protected addPending(cpu: Port): void {
    for (let word = 0; word < this.words; word++)
      cpu.set(this.pending + word, cpu.get(this.pending + word) | cpu.get(this.found + word))
  }

  override start(cpu: Port, space: number, firstPage: number, pageCount: number, stride: number): Ticket {
    if (space !== ANY_SPACE) return super.start(cpu, space, firstPage, pageCount, stride)
    if (!this.isConcurrent) this.catchUp(cpu)
    const ticket = this.tell(cpu, this.findTargets(cpu, space), space, firstPage, pageCount, stride)
    if (this.isConcurrent) this.catchUp(cpu)
    return ticket
  }

  /** Takes the set over. This CPU is not in it: it was none of the others. */
  protected override findTargets(cpu: Port, space: number): number {
    if (space !== ANY_SPACE) return super.findTargets(cpu, space)
    let count = 0
    for (let word = 0; word < this.words; word++) {
      const bits = cpu.get(this.pending + word)
      cpu.set(this.targets + word, bits)
      cpu.set(this.pending + word, 0)
      for (let left = bits; left !== 0; left &= left - 1) count++
    }
    return count - this.leaveOut(cpu)
  }

  protected override answer(
    cpu: Port,
    space: number,
    first: number,
    pages: number,
    generation: number,
  ): void {
    if (space === ANY_SPACE) this.catchUp(cpu)
    else super.answer(cpu, space, first, pages, generation)
  }
}

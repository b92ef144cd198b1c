import type { CpuSet, Port } from '../../contract/port.js'
import type { Ticket } from '../../contract/ticket.js'
import { bitCount } from './holders.js'
import { COUNT, FIRST, flush, Round, SPACE, STRIDE, WHOLE_SPACE } from './round.js'

/** In the place of the stride: of the range the own table's entries only, of the TLB the whole space. */
const WHOLE_TLB = 0

/**
 * A round among CPUs with page tables of their own, to a set that the initiator has gathered: each drops the
 * range from its own table, then from its TLB. A round for a demand drops every entry of everybody.
 */
export class OwnTableRound extends Round {
  /**
   * @param set private words; this CPU may be in it and is never a target. Empty afterwards
   * @param ceiling pages of the range above which the TLB drops the whole space
   */
  startTo(
    cpu: Port,
    set: CpuSet,
    space: number,
    firstPage: number,
    pageCount: number,
    ceiling: number,
  ): Ticket {
    let count = 0
    for (let word = 0; word < this.words; word++) {
      let bits = cpu.get(set + word)
      if (word === cpu.id >>> 5) bits &= ~(1 << (cpu.id & 31))
      cpu.set(this.targets + word, bits)
      cpu.set(set + word, 0)
      count += bitCount(bits)
    }
    const stride = pageCount > ceiling ? WHOLE_TLB : 1
    const ticket = this.tell(cpu, count, space, firstPage, pageCount, stride)
    this.flushHere(cpu, space, firstPage, pageCount, stride)
    return ticket
  }

  protected override flushHere(
    cpu: Port,
    space: number,
    firstPage: number,
    pageCount: number,
    stride: number,
  ): void {
    this.dropOwn(cpu, firstPage, pageCount)
    if (stride === WHOLE_TLB) cpu.invalidateSpace(space)
    else flush(cpu, space, firstPage, pageCount, stride)
  }

  /** First the own table: what a walk finds there after the flush would be cached again. */
  protected dropOwn(cpu: Port, firstPage: number, pageCount: number): void {
    if (pageCount === WHOLE_SPACE) cpu.dropOwn(0, ALL_PAGES)
    else cpu.dropOwn(firstPage, pageCount)
  }

  protected override flushAsked(cpu: Port, initiator: number): void {
    const at = this.requestOf(initiator)
    this.flushHere(
      cpu,
      cpu.load(at + SPACE),
      cpu.load(at + FIRST),
      cpu.load(at + COUNT),
      cpu.load(at + STRIDE),
    )
  }
}

const ALL_PAGES = 0x7fffffff

import type { CpuSet, Port } from '../../contract/port.js'
import type { Ticket } from '../../contract/ticket.js'
import { bitCount } from './holders.js'
import { COUNT, FIRST, flush, Round, SPACE, STRIDE } from './round.js'

/** In the place of the stride: of the TLB the whole space, whatever the range is. */
export const WHOLE_TLB = 0

/** A round to a set that the initiator has gathered change by change, and not to all that may hold the space. */
export class ToldRound extends Round {
  /**
   * @param set private words; this CPU drops the range only if it is in it. Empty afterwards
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
    const own = 1 << (cpu.id & 31)
    let count = 0
    let isMeant = false
    for (let word = 0; word < this.words; word++) {
      let bits = cpu.get(set + word)
      if (word === cpu.id >>> 5) {
        isMeant = (bits & own) !== 0
        bits &= ~own
      }
      cpu.set(this.targets + word, bits)
      cpu.set(set + word, 0)
      count += bitCount(bits)
    }
    const stride = pageCount > ceiling ? WHOLE_TLB : 1
    const ticket = this.tell(cpu, count, space, firstPage, pageCount, stride)
    if (isMeant) this.flushHere(cpu, space, firstPage, pageCount, stride)
    return ticket
  }

  protected override flushHere(
    cpu: Port,
    space: number,
    firstPage: number,
    pageCount: number,
    stride: number,
  ): void {
    if (stride === WHOLE_TLB) cpu.invalidateSpace(space)
    else flush(cpu, space, firstPage, pageCount, stride)
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

import { KERNEL_SPACE } from '../../contract/page.js'
import type { Port } from '../../contract/port.js'
import type { Ticket } from '../../contract/ticket.js'
import { COUNT, Round } from './round.js'

/** A request that asks for nothing but an answer. */
const NOTHING = 0

/** A round that can also be empty: everybody takes an interrupt, so that no walk with interrupts off goes on. */
export class WalkerRound extends Round {
  startEmpty(cpu: Port): Ticket {
    const count = this.holders.everyoneElse(cpu, this.targets)
    return this.tell(cpu, count, KERNEL_SPACE, 0, NOTHING, 1)
  }

  /** Puts those that run a space into the set of targets; how many. */
  findHolders(cpu: Port, space: number): number {
    return this.findTargets(cpu, space)
  }

  isTarget(cpu: Port, other: number): boolean {
    return (cpu.get(this.targets + (other >>> 5)) & (1 << (other & 31))) !== 0
  }

  /** As `start`, to the targets that were found, of which there must be some, and without this CPU. */
  tellTargets(cpu: Port, count: number, space: number, firstPage: number, pageCount: number): Ticket {
    return this.tell(cpu, count, space, firstPage, pageCount, 1)
  }

  protected override flushAsked(cpu: Port, initiator: number): void {
    if (cpu.load(this.requestOf(initiator) + COUNT) !== NOTHING) super.flushAsked(cpu, initiator)
  }
}

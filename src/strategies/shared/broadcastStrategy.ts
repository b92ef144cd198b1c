import type { Change } from '../../contract/change.js'
import { GLOBAL_TAG, WHOLE_TAG } from '../../contract/hardware.js'
import { BINDING } from '../../contract/obligation.js'
import type { Operation } from '../../contract/operation.js'
import { KERNEL_SPACE } from '../../contract/page.js'
import type { Port } from '../../contract/port.js'
import type { Demand, MachineShape, Strategy, StrategyHost } from '../../contract/strategy.js'
import { DONE, SETTLED, type Ticket } from '../../contract/ticket.js'
import { Gather, GATHER_PRIVATES } from './gather.js'
import { Holders, setWords } from './holders.js'
import { NotedSerials, notedPrivates } from './notedSerials.js'
import { WHOLE_SPACE } from './round.js'
import type { RoundWords } from './roundStrategy.js'
import { WalkerRound } from './walkerRound.js'

export type BroadcastPrivates = 'gather' | 'noted' | 'targets' | 'owes'

export function broadcastPrivates(shape: MachineShape): Record<BroadcastPrivates, number> {
  return { gather: GATHER_PRIVATES, noted: notedPrivates(shape), targets: setWords(shape.cpuCount), owes: 1 }
}

/**
 * What strategies that flush by broadcasts have in common: the range that an operation has changed is
 * broadcast at its end, and the operation returns when the sync says that every CPU has dropped it.
 * Nobody is interrupted for it, and nobody needs to know who runs the space.
 *
 * But for freed tables. A software walker runs with interrupts off, and who waited for an answer to an
 * interrupt has waited for it without knowing; a broadcast is carried out beside it. So after the sync of
 * an operation that freed a table, every CPU takes an interrupt that does nothing, as in Linux
 * tlb_remove_table_sync_one.
 */
export abstract class BroadcastStrategy implements Strategy {
  protected readonly gather: Gather
  protected readonly noted: NotedSerials
  protected readonly holders: Holders
  protected readonly round: WalkerRound
  /** Private word: walkers may have a table in hand that is to be settled. */
  protected readonly owes: number

  constructor({ words, privates, parameters, shape }: StrategyHost<RoundWords, BroadcastPrivates>) {
    this.gather = new Gather(privates.gather, parameters['ceiling'])
    this.noted = new NotedSerials(privates.noted)
    this.holders = new Holders(words.holders, shape.cpuCount)
    this.round = new WalkerRound(words.request, words.row, this.holders, privates.targets, shape.cpuCount)
    this.owes = privates.owes
  }

  /** Under which tag every CPU has the space. */
  protected abstract tagOf(cpu: Port, space: number): number
  /** The operations of the hardware for a range, in pages of 4 KiB. */
  protected abstract broadcastRange(cpu: Port, tag: number, firstPage: number, pageCount: number): void
  abstract switched(cpu: Port, to: number): Ticket

  changed(cpu: Port, change: Change): Ticket {
    if (change.tablesFreed) cpu.set(this.owes, 1)
    if ((change.obligations & BINDING) !== 0) this.gather.add(cpu, change)
    return DONE
  }

  /** The serial is read before the broadcast, and settled after the sync. */
  finished(cpu: Port, operation: Operation): Ticket {
    if (operation.depth > 0) return DONE
    this.noted.clear(cpu)
    this.noted.note(cpu, cpu.id)
    const { gather } = this
    if (gather.count(cpu) === 0) return this.settle(cpu)
    const ticket = this.flush(cpu, gather.space(cpu), gather.first(cpu), gather.pages(cpu))
    gather.clear(cpu)
    return ticket
  }

  /**
   * Everything, because a serial is settled with all before it, which may lie in any space; and walkers,
   * because one of those may have freed a table.
   */
  demanded(cpu: Port, demand: Demand): Ticket {
    this.noted.noteAll(cpu, demand)
    cpu.set(this.owes, 1)
    this.broadcast(cpu, KERNEL_SPACE, 0, WHOLE_SPACE)
    return this.sync(cpu)
  }

  protected flush(cpu: Port, space: number, firstPage: number, pageCount: number): Ticket {
    this.broadcast(cpu, space, firstPage, pageCount)
    return this.sync(cpu)
  }

  protected broadcast(cpu: Port, space: number, firstPage: number, pageCount: number): void {
    const tag = space === KERNEL_SPACE ? GLOBAL_TAG : this.tagOf(cpu, space)
    if (pageCount === WHOLE_SPACE) cpu.broadcast(tag, 0, WHOLE_TAG, 1)
    else this.broadcastRange(cpu, tag, firstPage, pageCount)
  }

  protected sync(cpu: Port): Ticket {
    return cpu.broadcastSync()
  }

  /** After the sync, and again after the interrupts. */
  resumed(cpu: Port): Ticket {
    if (cpu.get(this.owes) === 0) return this.settle(cpu)
    cpu.set(this.owes, 0)
    const ticket = this.round.startEmpty(cpu)
    return ticket === DONE ? this.settle(cpu) : ticket
  }

  protected settle(cpu: Port): Ticket {
    this.noted.settle(cpu)
    return SETTLED
  }

  interrupted(cpu: Port): typeof DONE {
    this.round.serve(cpu)
    return DONE
  }
}

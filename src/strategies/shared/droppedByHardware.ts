import { reachedSerial, type Change } from '../../contract/change.js'
import type { Operation } from '../../contract/operation.js'
import type { Port } from '../../contract/port.js'
import type { MachineShape, Strategy, StrategyHost } from '../../contract/strategy.js'
import { DONE, SETTLED, type Ticket } from '../../contract/ticket.js'
import { Holders, setWords } from './holders.js'
import { settleIssued } from './perOperation.js'
import { ONLY_TAG, type RoundWords } from './roundStrategy.js'
import { WalkerRound } from './walkerRound.js'

export type DroppedPrivates = 'targets' | 'owes'

export function droppedPrivates(shape: MachineShape): Record<DroppedPrivates, number> {
  return { targets: setWords(shape.cpuCount), owes: 1 }
}

/** Tag of a change that freed a table; others have none. */
const OWES_WALKERS = 1

/**
 * What strategies have in common where hardware drops a translation from every TLB before the hook of its
 * change returns: nothing is gathered, nobody is asked, and a change is settled at once.
 *
 * But for freed tables. A walker in software runs with interrupts off and has no translation that hardware
 * could drop. So an operation that freed a table waits until every CPU has taken an interrupt that does
 * nothing, as after broadcasts (Linux tlb_remove_table_sync_one).
 */
export abstract class DroppedByHardware implements Strategy {
  protected readonly round: WalkerRound
  /** Private word: walkers may have a table in hand that this CPU's operation has freed. */
  readonly #owes: number

  constructor({ words, privates, shape }: StrategyHost<RoundWords, DroppedPrivates>) {
    const holders = new Holders(words.holders, shape.cpuCount)
    this.round = new WalkerRound(words.request, words.row, holders, privates.targets, shape.cpuCount)
    this.#owes = privates.owes
  }

  /** No TLB holds what the change took away when this returns. */
  protected abstract drop(cpu: Port, change: Change): void

  changed(cpu: Port, change: Change): Ticket {
    this.drop(cpu, change)
    if (!change.tablesFreed) return SETTLED
    change.tag = OWES_WALKERS
    cpu.set(this.#owes, 1)
    return DONE
  }

  finished(cpu: Port, operation: Operation): Ticket {
    if (operation.depth > 0) return DONE
    if (cpu.get(this.#owes) === 0) return SETTLED
    cpu.set(this.#owes, 0)
    return this.walkersDone(cpu)
  }

  /** Tables alone: whatever else is asked for was dropped before. */
  demanded(cpu: Port): Ticket {
    return this.walkersDone(cpu)
  }

  protected walkersDone(cpu: Port): Ticket {
    const ticket = this.round.startEmpty(cpu)
    return ticket === DONE ? settleIssued(cpu) : ticket
  }

  resumed(cpu: Port): Ticket {
    return settleIssued(cpu)
  }

  /** All but a table was dropped before its `changed` returned. */
  covered(cpu: Port, owner: number, serial: number, tag: number): boolean {
    return tag !== OWES_WALKERS || reachedSerial(cpu.settledUpTo(owner), serial)
  }

  interrupted(cpu: Port): typeof DONE {
    this.round.serve(cpu)
    return DONE
  }

  switched(cpu: Port, to: number): Ticket {
    cpu.activate(to, ONLY_TAG, false)
    return DONE
  }
}

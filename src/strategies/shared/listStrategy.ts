import type { Change } from '../../contract/change.js'
import { BINDING } from '../../contract/obligation.js'
import type { Operation } from '../../contract/operation.js'
import type { Port } from '../../contract/port.js'
import type { StrategyHost } from '../../contract/strategy.js'
import { AGAIN, DONE, type Ticket } from '../../contract/ticket.js'
import { FlushList } from './flushList.js'
import { settleIssued } from './perOperation.js'
import { Round } from './round.js'
import { ROUND_PARTS, RoundStrategy, type RoundPrivates, type RoundWords } from './roundStrategy.js'

/**
 * Strategies that note each change as an item of a list and send the list when the outermost operation
 * ends: everything between the collecting and the flush is theirs.
 */
export type ListPrivates = RoundPrivates | 'list' | 'taken'

export function listPrivates(pageLimit: number): { list: number; taken: number } {
  return { list: FlushList.words(pageLimit), taken: FlushList.words(pageLimit) }
}

/**
 * A round for a list. The list is not empty until it has been sent: so long `next` tries again. A demand
 * in the middle of an operation sends everything to everybody, what the operation has noted so far with
 * it, so that one list is enough.
 */
export abstract class ListRound extends Round {
  /** This CPU's own items; set, with `taken`, by the strategy. */
  list!: FlushList
  /** What the handler is about to flush. */
  taken!: FlushList

  override start(cpu: Port): Ticket {
    this.list.addEverything(cpu)
    return this.send(cpu)
  }

  /** Everybody who may hold what is in the list, then `next`. */
  abstract send(cpu: Port): Ticket

  /** The handler. false: call it again. */
  abstract tryToServe(cpu: Port): boolean

  /** On this CPU, after everybody has been asked: the interrupts travel meanwhile. */
  protected finishSending(cpu: Port): void {
    this.list.flush(cpu)
    this.list.clear(cpu)
  }
}

export abstract class ListStrategy<Kind extends ListRound> extends RoundStrategy {
  protected readonly list: FlushList

  constructor(host: StrategyHost<RoundWords, ListPrivates>, KindOfRound: typeof Round, pageLimit: number) {
    super(host, { ...ROUND_PARTS, Round: KindOfRound })
    this.list = new FlushList(host.privates.list, pageLimit)
    this.listRound.list = this.list
    this.listRound.taken = new FlushList(host.privates.taken, pageLimit)
  }

  protected get listRound(): Kind {
    return this.round as Kind
  }

  /** What a change counts for: one instruction drops a translation of any size, and all of the walker's. */
  protected pagesOf(_change: Change): number {
    return 1
  }

  changed(cpu: Port, change: Change): Ticket {
    if ((change.obligations & BINDING) !== 0) this.list.add(cpu, change, this.pagesOf(change))
    return DONE
  }

  finished(cpu: Port, operation: Operation): Ticket {
    if (operation.depth > 0) return DONE
    return this.list.isEmpty(cpu) ? this.flushed(cpu) : this.roundBegan(cpu, this.listRound.send(cpu))
  }

  protected flushed(cpu: Port): Ticket {
    return settleIssued(cpu)
  }

  override interrupted(cpu: Port): typeof DONE | typeof AGAIN {
    return this.listRound.tryToServe(cpu) ? DONE : AGAIN
  }
}

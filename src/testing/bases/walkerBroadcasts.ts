import type { Change } from '../../contract/change.js'
import { KERNEL_SPACE } from '../../contract/page.js'
import type { Port } from '../../contract/port.js'
import type { Demand, StrategyHost, StrategyModule } from '../../contract/strategy.js'
import { DONE, type Ticket } from '../../contract/ticket.js'
import { Holders } from '../../strategies/shared/holders.js'
import { Round } from '../../strategies/shared/round.js'
import { roundPrivates, roundWords, type RoundWords } from '../../strategies/shared/roundStrategy.js'
import broadcasts, { BroadcastStrategy, type BroadcastPrivates } from './broadcasts.js'

type Privates = BroadcastPrivates | 'targets' | 'owes'

/** Everybody takes an interrupt, and that is all. */
class EmptyRound extends Round {
  protected override flushHere(): void {}
  protected override flushAsked(): void {}
}

/**
 * As broadcasts, and right where leaf tables are freed. A software walker runs with interrupts off, and
 * who waited for an answer to an interrupt has waited for it without knowing; a broadcast is carried
 * out beside it. So after the sync of an operation that freed a table, every CPU takes an interrupt
 * that does nothing, as in Linux tlb_remove_table_sync_one.
 */
class WalkerBroadcasts extends BroadcastStrategy {
  readonly #round: Round
  /** Private word: walkers may have a table in hand that is to be settled. */
  readonly #owes: number

  constructor(host: StrategyHost<RoundWords, Privates>) {
    super(host)
    const { words, privates, shape } = host
    const holders = new Holders(words.holders, shape.cpuCount)
    this.#round = new EmptyRound(words.request, words.row, holders, privates.targets, shape.cpuCount)
    this.#owes = privates.owes
  }

  override changed(cpu: Port, change: Change): Ticket {
    if (change.tablesFreed) cpu.set(this.#owes, 1)
    return super.changed(cpu, change)
  }

  /** The changes up to the serials that are noted may have freed tables, whatever is asked for. */
  override demanded(cpu: Port, demand: Demand): Ticket {
    cpu.set(this.#owes, 1)
    return super.demanded(cpu, demand)
  }

  override resumed(cpu: Port): Ticket {
    if (cpu.get(this.#owes) === 0) return this.settle(cpu)
    cpu.set(this.#owes, 0)
    const ticket = this.#round.start(cpu, KERNEL_SPACE, 0, 0, 1)
    return ticket === DONE ? this.settle(cpu) : ticket
  }

  override interrupted(cpu: Port): typeof DONE {
    this.#round.serve(cpu)
    return DONE
  }
}

export default {
  ...broadcasts,
  summary: 'broadcasts, with an interrupt for software walkers where page tables are freed',
  source: 'Linux mm/mmu_gather.c, tlb_remove_table_sync_one, beside arch/x86/mm/tlb.c, broadcast_tlb_flush',
  words: roundWords,
  privateWords: (shape) => ({
    ...broadcasts.privateWords(shape),
    targets: roundPrivates(shape).targets,
    owes: 1,
  }),
  create: (host) => new WalkerBroadcasts(host),
} satisfies StrategyModule<RoundWords, Privates>

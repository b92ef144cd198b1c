import type { Change } from '../../contract/change.js'
import type { Operation } from '../../contract/operation.js'
import type { Port } from '../../contract/port.js'
import type { Demand, MachineShape, Strategy, StrategyHost, WordBlock } from '../../contract/strategy.js'
import { type AGAIN, DONE, type Ticket } from '../../contract/ticket.js'
import { Fallback, fallbackPrivates } from './fallback.js'
import { holderBlock, Holders, setWords } from './holders.js'
import { Round, roundBlocks } from './round.js'

/**
 * What strategies that flush by synchronous rounds have in common: who holds a space, the round, the
 * fallback for demands, and one address-space tag with a flush at every switch.
 */
export type RoundWords = 'holders' | 'request' | 'row'
export type RoundPrivates = 'targets' | 'fallback' | 'purpose' | 'left'

export function roundWords(shape: MachineShape): Record<RoundWords, WordBlock> {
  return { holders: holderBlock(shape), ...roundBlocks(shape) }
}

export function roundPrivates(shape: MachineShape): Record<RoundPrivates, number> {
  return { targets: setWords(shape.cpuCount), fallback: fallbackPrivates(shape), purpose: 1, left: 1 }
}

/** What the ticket of this CPU's task is for, so that `resumed` knows. */
const FOR_CHANGES = 0
const FOR_DEMAND = 1

/** Every space runs under the same tag, so leaving one flushes it. */
export const ONLY_TAG = 1

/** The parts, so that a variant can bring its own. */
export interface RoundParts {
  readonly Holders: typeof Holders
  readonly Round: typeof Round
  readonly Fallback: typeof Fallback
}

export const ROUND_PARTS: RoundParts = { Holders, Round, Fallback }

export abstract class RoundStrategy implements Strategy {
  protected readonly holders: Holders
  protected readonly round: Round
  readonly #fallback: Fallback
  readonly #purpose: number
  /** Private word: the space that `switching` was told of. */
  protected readonly leftSpace: number

  constructor(host: StrategyHost<RoundWords, RoundPrivates>, parts: RoundParts = ROUND_PARTS) {
    const { words, privates, shape } = host
    this.holders = new parts.Holders(words.holders, shape.cpuCount)
    this.round = new parts.Round(words.request, words.row, this.holders, privates.targets, shape.cpuCount)
    this.#fallback = new parts.Fallback(this.round, privates.fallback)
    this.#purpose = privates.purpose
    this.leftSpace = privates.left
  }

  abstract changed(cpu: Port, change: Change): Ticket
  abstract finished(cpu: Port, operation: Operation): Ticket
  /** The round that `startRound` began is complete on every CPU. */
  protected abstract flushed(cpu: Port): Ticket

  /** A round for this CPU's own changes; `flushed` is called when it is complete, at once if there is nobody to wait for. */
  protected startRound(
    cpu: Port,
    space: number,
    firstPage: number,
    pageCount: number,
    stride: number,
  ): Ticket {
    return this.roundBegan(cpu, this.round.start(cpu, space, firstPage, pageCount, stride))
  }

  /** A round for this CPU's own changes has begun, with this ticket. */
  protected roundBegan(cpu: Port, ticket: Ticket): Ticket {
    cpu.set(this.#purpose, FOR_CHANGES)
    return ticket === DONE ? this.flushed(cpu) : ticket
  }

  demanded(cpu: Port, demand: Demand): Ticket {
    cpu.set(this.#purpose, FOR_DEMAND)
    const ticket = this.#fallback.start(cpu, demand)
    return ticket === DONE ? this.#answered(cpu) : ticket
  }

  resumed(cpu: Port): Ticket {
    const ticket = this.round.next(cpu)
    if (ticket !== DONE) return ticket
    return cpu.get(this.#purpose) === FOR_CHANGES ? this.flushed(cpu) : this.#answered(cpu)
  }

  #answered(cpu: Port): Ticket {
    this.#fallback.finish(cpu)
    return DONE
  }

  interrupted(cpu: Port): typeof DONE | typeof AGAIN {
    this.round.serve(cpu)
    return DONE
  }

  switching(cpu: Port, from: number): void {
    cpu.set(this.leftSpace, from)
  }

  /**
   * The old space's bit goes last. While its root is loaded the walker can fill from it, after a flush
   * as well: a CPU that flushed, took its bit away and then loaded the new root would be passed over by
   * an initiator in between with a fresh copy of the entry that has just been changed. Linux loads CR3
   * before it clears `mm_cpumask(prev)` for the same reason.
   */
  switched(cpu: Port, to: number): Ticket {
    this.holders.enter(cpu, to)
    cpu.activate(to, ONLY_TAG, false)
    const from = cpu.get(this.leftSpace)
    if (from !== to) this.holders.leave(cpu, from)
    return DONE
  }
}

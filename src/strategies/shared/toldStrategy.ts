import type { Change } from '../../contract/change.js'
import { BINDING } from '../../contract/obligation.js'
import type { Operation } from '../../contract/operation.js'
import { KERNEL_SPACE } from '../../contract/page.js'
import type { CpuSet, Port } from '../../contract/port.js'
import type { MachineShape, StrategyHost } from '../../contract/strategy.js'
import { DONE, type Ticket } from '../../contract/ticket.js'
import { Fallback } from './fallback.js'
import { Gather, GATHER_PRIVATES } from './gather.js'
import { Holders, setWords } from './holders.js'
import { settleIssued } from './perOperation.js'
import { roundPrivates, RoundStrategy, type RoundPrivates, type RoundWords } from './roundStrategy.js'
import type { ToldRound } from './toldRound.js'

export type ToldPrivates = RoundPrivates | 'gather' | 'told' | 'found'

export function toldPrivates(shape: MachineShape): Record<ToldPrivates, number> {
  const words = setWords(shape.cpuCount)
  return { ...roundPrivates(shape), gather: GATHER_PRIVATES, told: words, found: words }
}

/** The range is asked for exactly; the round has the ceiling. */
const NO_CEILING = 0x7fffffff

/**
 * What strategies have in common that know of each page who may have it: the CPUs to tell are added up change by
 * change, and told in one round when the outermost operation ends.
 */
export abstract class ToldStrategy<R extends ToldRound> extends RoundStrategy {
  declare protected readonly round: R
  readonly #gather: Gather
  readonly #told: CpuSet
  readonly #found: CpuSet
  readonly #setWords: number
  readonly #ceiling: number

  constructor(host: StrategyHost<RoundWords, ToldPrivates>, round: new (...parts: never[]) => R) {
    super(host, { Holders, Fallback, Round: round })
    const { privates, shape, parameters } = host
    this.#gather = new Gather(privates.gather, NO_CEILING)
    this.#told = privates.told
    this.#found = privates.found
    this.#setWords = setWords(shape.cpuCount)
    this.#ceiling = parameters['ceiling']
  }

  changed(cpu: Port, change: Change): Ticket {
    if ((change.obligations & BINDING) === 0) return DONE
    // A table is walked by whoever runs the space, and the kernel's mappings are everybody's.
    if (change.space === KERNEL_SPACE || change.tablesFreed) this.tellHolders(cpu, change, this.#told)
    else if (!this.tell(cpu, change, this.#told)) return DONE
    this.#gather.add(cpu, change)
    return DONE
  }

  /** Adds who may have a user page to a private set. @returns false: nobody has it, and nothing is to be flushed */
  protected abstract tell(cpu: Port, change: Change, into: CpuSet): boolean

  protected tellHolders(cpu: Port, { space }: Change, into: CpuSet): void {
    this.holders.targets(cpu, space, this.#found)
    for (let word = 0; word < this.#setWords; word++)
      cpu.set(into + word, cpu.get(into + word) | cpu.get(this.#found + word))
    this.tellOne(cpu, cpu.id, into)
  }

  protected tellOne(cpu: Port, target: number, into: CpuSet): void {
    const word = into + (target >>> 5)
    cpu.set(word, cpu.get(word) | (1 << (target & 31)))
  }

  finished(cpu: Port, operation: Operation): Ticket {
    if (operation.depth > 0) return DONE
    const gather = this.#gather
    if (gather.count(cpu) === 0) return this.flushed(cpu)
    const ticket = this.round.startTo(
      cpu,
      this.#told,
      gather.space(cpu),
      gather.first(cpu),
      gather.pages(cpu),
      this.#ceiling,
    )
    gather.clear(cpu)
    return this.roundBegan(cpu, ticket)
  }

  protected flushed(cpu: Port): Ticket {
    return settleIssued(cpu)
  }
}

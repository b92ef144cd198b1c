import type { Change } from '../../contract/change.js'
import { BINDING } from '../../contract/obligation.js'
import type { Operation } from '../../contract/operation.js'
import type { Port } from '../../contract/port.js'
import type { MachineShape, StrategyHost } from '../../contract/strategy.js'
import { DONE, SETTLED, type Ticket } from '../../contract/ticket.js'
import { Gather, GATHER_PRIVATES } from './gather.js'
import {
  ROUND_PARTS,
  roundPrivates,
  RoundStrategy,
  type RoundParts,
  type RoundPrivates,
  type RoundWords,
} from './roundStrategy.js'

export type PerOperationPrivates = RoundPrivates | 'gather'

export function perOperationPrivates(shape: MachineShape): Record<PerOperationPrivates, number> {
  return { ...roundPrivates(shape), gather: GATHER_PRIVATES }
}

export interface PerOperationParts extends RoundParts {
  readonly Gather: typeof Gather
}

export const PER_OPERATION_PARTS: PerOperationParts = { ...ROUND_PARTS, Gather }

/**
 * Gathers what an operation changes and flushes it in one round when the operation of depth 0 ends: what most kernels do.
 * A limit on the number of changes bounds how long frames are held in the middle of a large one.
 */
export class PerOperation extends RoundStrategy {
  protected readonly gather: Gather
  readonly #gatherLimit: number

  constructor(
    host: StrategyHost<RoundWords, PerOperationPrivates>,
    parts: PerOperationParts = PER_OPERATION_PARTS,
  ) {
    super(host, parts)
    this.gather = new parts.Gather(host.privates.gather, host.parameters['ceiling'])
    this.#gatherLimit = host.parameters['gatherLimit']
  }

  changed(cpu: Port, change: Change): Ticket {
    if ((change.obligations & BINDING) === 0) return DONE
    this.gather.add(cpu, change)
    return this.gather.count(cpu) < this.#gatherLimit ? DONE : this.flush(cpu)
  }

  finished(cpu: Port, operation: Operation): Ticket {
    if (operation.depth > 0) return DONE
    return this.gather.count(cpu) === 0 ? this.flushed(cpu) : this.flush(cpu)
  }

  protected flush(cpu: Port): Ticket {
    const gather = this.gather
    const pages = gather.pages(cpu)
    const ticket = this.startRound(cpu, gather.space(cpu), gather.first(cpu), pages, 1)
    gather.clear(cpu)
    return ticket
  }

  protected flushed(cpu: Port): Ticket {
    return settleIssued(cpu)
  }
}

/** Whatever this CPU has issued so far was in this round or an earlier one, for it waits while a round runs: a prefix. */
export function settleIssued(cpu: Port): typeof SETTLED {
  const serial = cpu.issued(cpu.id)
  if (serial !== cpu.settledUpTo(cpu.id)) cpu.settle(cpu.id, serial)
  return SETTLED
}

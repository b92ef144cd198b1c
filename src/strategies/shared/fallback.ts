import { KERNEL_SPACE } from '../../contract/page.js'
import type { Port } from '../../contract/port.js'
import type { Demand, MachineShape } from '../../contract/strategy.js'
import type { Ticket } from '../../contract/ticket.js'
import type { Round } from './round.js'
import { WHOLE_SPACE } from './round.js'

/**
 * The answer to a demand that is always right: note the last serial of every owner that is asked
 * about, flush everything on every CPU, settle what was noted. The serials are read before the round:
 * a change issued while it runs may be missed by it.
 *
 * Everything on every CPU, because settling is a prefix: the owner's earlier changes may lie in any
 * space.
 */
export function fallbackPrivates(shape: MachineShape): number {
  return 1 + shape.cpuCount * 2
}

export class Fallback {
  readonly #round: Round
  protected readonly at: number

  /** @param at first of `fallbackPrivates` private words: number of owners, then owner and serial of each */
  constructor(round: Round, at: number) {
    this.#round = round
    this.at = at
  }

  start(cpu: Port, demand: Demand): Ticket {
    let owners = 0
    for (let item = 0; item < demand.count; item++) {
      const owner = demand.owners[item]
      if (this.#isNoted(cpu, owner, owners)) continue
      cpu.set(this.at + 1 + owners * 2, owner)
      cpu.set(this.at + 2 + owners * 2, cpu.issued(owner))
      owners++
    }
    cpu.set(this.at, owners)
    return this.#round.start(cpu, KERNEL_SPACE, 0, WHOLE_SPACE, 1)
  }

  #isNoted(cpu: Port, owner: number, owners: number): boolean {
    for (let i = 0; i < owners; i++) if (cpu.get(this.at + 1 + i * 2) === owner) return true
    return false
  }

  /** The round's ticket is satisfied. */
  finish(cpu: Port): void {
    const owners = cpu.get(this.at)
    for (let i = 0; i < owners; i++) cpu.settle(cpu.get(this.at + 1 + i * 2), cpu.get(this.at + 2 + i * 2))
  }
}

import type { Change } from '../contract/change.js'
import { BINDING } from '../contract/obligation.js'
import type { Port } from '../contract/port.js'
import type { StrategyHost, StrategyModule } from '../contract/strategy.js'
import { DONE, SETTLED, type Ticket } from '../contract/ticket.js'
import {
  ROUND_PARTS,
  roundPrivates,
  RoundStrategy,
  roundWords,
  type RoundParts,
  type RoundPrivates,
  type RoundWords,
} from './shared/roundStrategy.js'

type Privates = RoundPrivates | 'serial'

export class Immediate extends RoundStrategy {
  protected readonly serial: number

  constructor(host: StrategyHost<RoundWords, Privates>, parts: RoundParts = ROUND_PARTS) {
    super(host, parts)
    this.serial = host.privates.serial
  }

  changed(cpu: Port, change: Change): Ticket {
    cpu.set(this.serial, change.serial)
    if ((change.obligations & BINDING) === 0) return this.flushed(cpu)
    return this.startRound(cpu, change.space, change.firstPage, change.pageCount, change.pageCount)
  }

  /** Every earlier change of this CPU was settled before its own `changed` ended, so a prefix is claimed. */
  protected flushed(cpu: Port): Ticket {
    cpu.settle(cpu.id, cpu.get(this.serial))
    return SETTLED
  }

  finished(): Ticket {
    return DONE
  }
}

export default {
  summary: 'one synchronous round of interrupts for every changed entry',
  source: 'seL4, src/arch/x86/kernel/vspace.c: each unmap invalidates at once on the CPUs of the space',
  parameters: {},
  contract: () => 'return',
  assumes: () => ({ timeless: true, symmetric: true }),
  words: roundWords,
  privateWords: (shape) => ({ ...roundPrivates(shape), serial: 1 }),
  create: (host) => new Immediate(host),
} satisfies StrategyModule<RoundWords, Privates>

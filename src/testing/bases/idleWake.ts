import type { Change } from '../../contract/change.js'
import { WALK_REACH } from '../../contract/obligation.js'
import type { Port } from '../../contract/port.js'
import {
  WORDS_PER_LINE,
  type Demand,
  type StrategyHost,
  type StrategyModule,
} from '../../contract/strategy.js'
import type { Ticket } from '../../contract/ticket.js'
import { Immediate } from '../../strategies/immediate.js'
import {
  ROUND_PARTS,
  roundPrivates,
  roundWords,
  type RoundPrivates,
  type RoundWords,
} from '../../strategies/shared/roundStrategy.js'
import { IdleCpus, IdleRound } from './shared/idleRound.js'

export type IdleWords = RoundWords | 'idle'
export type IdlePrivates = RoundPrivates | 'serial' | 'mayLeave'

/**
 * illumos, and Linux' lazy TLB mode: an idle CPU is not interrupted, it flushes when it wakes. Not so
 * where walks count: it has the root loaded and may walk a table page that is freed.
 */
export class IdleWakeStrategy extends Immediate {
  protected readonly idle: IdleCpus
  protected readonly mayLeave: number

  constructor(
    host: StrategyHost<IdleWords, IdlePrivates>,
    Kind: typeof IdleCpus = IdleCpus,
    KindOfRound: typeof IdleRound = IdleRound,
  ) {
    super(host, { ...ROUND_PARTS, Round: KindOfRound })
    this.idle = new Kind(host.words.idle)
    this.mayLeave = host.privates.mayLeave
    const round = this.round as IdleRound
    round.idle = this.idle
    round.mayLeave = this.mayLeave
  }

  protected isLeft(change: Change): boolean {
    return (change.obligations & WALK_REACH) === 0
  }

  override changed(cpu: Port, change: Change): Ticket {
    cpu.set(this.mayLeave, this.isLeft(change) ? 1 : 0)
    return super.changed(cpu, change)
  }

  override demanded(cpu: Port, demand: Demand): Ticket {
    cpu.set(this.mayLeave, 0)
    return super.demanded(cpu, demand)
  }

  idled(cpu: Port): void {
    this.idle.idled(cpu)
  }

  woke(cpu: Port): void {
    this.idle.woke(cpu)
  }
}

export default {
  summary: 'one round for each change, without the CPUs that are idle; they flush when they wake',
  source: 'illumos i86pc/vm/hat_i86.c: hat_tlb_inval_range, tlb_going_idle, tlb_service',
  parameters: {},
  contract: () => 'return',
  assumes: () => ({ timeless: false, symmetric: true }),
  words: (shape) => ({
    ...roundWords(shape),
    idle: { count: shape.cpuCount, stride: WORDS_PER_LINE },
  }),
  privateWords: (shape) => ({ ...roundPrivates(shape), serial: 1, mayLeave: 1 }),
  create: (host) => new IdleWakeStrategy(host),
} satisfies StrategyModule<IdleWords, IdlePrivates>

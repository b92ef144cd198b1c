import { reachedSerial } from '../../contract/change.js'
import type { Operation } from '../../contract/operation.js'
import type { Port } from '../../contract/port.js'
import {
  WORDS_PER_LINE,
  type Demand,
  type Placed,
  type StrategyHost,
  type StrategyModule,
} from '../../contract/strategy.js'
import type { Ticket } from '../../contract/ticket.js'
import arm64Tlbi from '../../strategies/arm64-tlbi.js'
import {
  TlbiStrategy,
  tlbiWords,
  type TlbiPrivates,
  type TlbiWords,
} from '../../strategies/shared/tlbiStrategy.js'
import type { Defect } from '../defect.js'

type Words = TlbiWords | 'sent'

class SyncsElsewhere extends TlbiStrategy {
  /** Per CPU: the serial up to which it has broadcast. */
  readonly #sent: Placed

  constructor(host: StrategyHost<Words, TlbiPrivates>) {
    super(host)
    this.#sent = host.words.sent
  }

  override finished(cpu: Port, operation: Operation): Ticket {
    const ticket = super.finished(cpu, operation)
    if (operation.depth === 0) cpu.store(this.#sentOf(cpu.id), cpu.issued(cpu.id))
    return ticket
  }

  /** Everything asked for has been broadcast by its owner: what is left is to sync, as if it did not matter where. */
  override demanded(cpu: Port, demand: Demand): Ticket {
    for (let item = 0; item < demand.count; item++) {
      const sent = cpu.load(this.#sentOf(demand.owners[item]))
      if (!reachedSerial(sent, demand.serials[item])) return super.demanded(cpu, demand)
    }
    this.noted.clear(cpu)
    for (let item = 0; item < demand.count; item++) {
      const owner = demand.owners[item]
      this.noted.noteSerial(cpu, owner, cpu.load(this.#sentOf(owner)))
    }
    return this.sync(cpu)
  }

  #sentOf(cpu: number): number {
    return this.#sent.base + cpu * this.#sent.stride
  }
}

export const defect: Defect = {
  name: 'syncs-elsewhere',
  trap: '12',
  base: 'arm64-tlbi',
  breaks:
    'CPU 0 ends a batch, has broadcast and waits. CPU 1 touches the page, demands the change, sees that it was broadcast, and syncs: on its own CPU, for which nothing is under way. It puts a new page there while the broadcast still travels.',
  expects: ['I1', 'I2', 'I6', 'I11'],
  needs: {
    operations: ['batch', 'advise', 'touch'],
    roles: [['batch', 'advise'], ['touch']],
    cpus: 2,
    pages: 1,
    operationCount: 2,
    ticks: 0,
    preempt: 'none',
    frames: 2,
  },
  foundWithin: 300,
}

export default {
  ...arm64Tlbi,
  summary: 'a planted defect: syncs on another CPU than the one that has broadcast',
  source: 'none',
  words: (shape) => ({ ...tlbiWords(shape), sent: { count: shape.cpuCount, stride: WORDS_PER_LINE } }),
  create: (host) => new SyncsElsewhere(host),
} satisfies StrategyModule<Words, TlbiPrivates>

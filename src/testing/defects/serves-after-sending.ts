import type { Port } from '../../contract/port.js'
import type { StrategyHost, StrategyModule } from '../../contract/strategy.js'
import { AGAIN, DONE, type Ticket } from '../../contract/ticket.js'
import queues, { QueueStrategy, type QueuePrivates, type QueueWords } from '../bases/queues.js'
import type { Defect } from '../defect.js'

type BackingPrivates = QueuePrivates | 'hasTried'

class ServesAfterSending extends QueueStrategy {
  readonly #hasTried: number

  constructor(host: StrategyHost<QueueWords, BackingPrivates>) {
    super(host)
    this.#hasTried = host.privates.hasTried
  }

  /** After a try that has failed a turn passes without one. */
  override resumed(cpu: Port): Ticket {
    if (cpu.get(this.privates.isSending) === 0) return this.end(cpu)
    const hasTried = cpu.get(this.#hasTried)
    cpu.set(this.#hasTried, 1 - hasTried)
    return hasTried === 1 ? AGAIN : this.send(cpu)
  }

  /** What has come meanwhile is served when everything is sent. */
  protected override send(cpu: Port): Ticket {
    const ticket = super.send(cpu)
    if (ticket !== AGAIN) this.queues.serve(cpu)
    return ticket
  }

  override interrupted(cpu: Port): typeof DONE | typeof AGAIN {
    return cpu.get(this.privates.isSending) === 0 ? super.interrupted(cpu) : DONE
  }
}

export const defect: Defect = {
  name: 'serves-after-sending',
  trap: '14',
  base: 'queues',
  breaks:
    'CPU 0 has filled the queues of CPU 1 and CPU 2, which are about to send to each other. Both find the queue of the other full, leave out a turn, try again, and serve nobody meanwhile: every step changes something, and none leads to an end.',
  expects: ['I8'],
  needs: {
    operations: ['advise'],
    cpus: 3,
    pages: 3,
    operationCount: 1,
    ticks: 0,
    preempt: 'none',
    parameters: { slots: 1 },
  },
  foundWithin: 50_000,
}

export default {
  ...queues,
  summary: 'a planted defect: serves its queue only when it has sent its own request',
  source: 'none',
  privateWords: (shape) => ({ ...queues.privateWords(shape), hasTried: 1 }),
  create: (host) => new ServesAfterSending(host),
} satisfies StrategyModule<QueueWords, BackingPrivates>

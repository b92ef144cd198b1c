import type { Port } from '../../contract/port.js'
import type { StrategyHost, StrategyModule } from '../../contract/strategy.js'
import { AGAIN, DONE, type Ticket } from '../../contract/ticket.js'
import opensbi, { OpensbiFifo, type FifoPrivates } from '../../strategies/opensbi-fifo.js'
import { MergingFifos } from '../../strategies/shared/mergingFifos.js'
import type { RoundWords } from '../../strategies/shared/roundStrategy.js'
import type { Defect } from '../defect.js'

type BackingPrivates = FifoPrivates | 'hasTried'

class SendsFirst extends MergingFifos {
  hasTried = 0

  /** After a try that has failed a turn passes without one. What has come meanwhile is served when everything is sent. */
  override next(cpu: Port): Ticket {
    if (!this.isSending(cpu)) return super.next(cpu)
    const hasTried = cpu.get(this.hasTried)
    cpu.set(this.hasTried, 1 - hasTried)
    if (hasTried === 1) return AGAIN
    const ticket = super.next(cpu)
    if (ticket !== AGAIN) this.tryToServe(cpu)
    return ticket
  }
}

class ServesAfterSending extends OpensbiFifo {
  constructor(host: StrategyHost<RoundWords, BackingPrivates>) {
    super(host, SendsFirst)
    ;(this.fifos as SendsFirst).hasTried = host.privates.hasTried
  }

  override interrupted(cpu: Port): typeof DONE | typeof AGAIN {
    return this.fifos.isSending(cpu) ? DONE : super.interrupted(cpu)
  }
}

export const defect: Defect = {
  name: 'serves-after-sending',
  trap: '14',
  base: 'opensbi-fifo',
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
  ...opensbi,
  summary: 'a planted defect: serves its queue only when it has sent its own request',
  source: 'none',
  privateWords: (shape) => ({ ...opensbi.privateWords(shape), hasTried: 1 }),
  create: (host) => new ServesAfterSending(host),
} satisfies StrategyModule<RoundWords, BackingPrivates>

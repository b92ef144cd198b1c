import type { Change } from '../../contract/change.js'
import { BINDING } from '../../contract/obligation.js'
import { KERNEL_SPACE } from '../../contract/page.js'
import type { Port } from '../../contract/port.js'
import {
  WORDS_PER_LINE,
  type Demand,
  type Strategy,
  type StrategyHost,
  type StrategyModule,
} from '../../contract/strategy.js'
import { AGAIN, DONE, SETTLED, type Ticket } from '../../contract/ticket.js'
import { Holders, setWords } from '../../strategies/shared/holders.js'
import { WHOLE_SPACE } from '../../strategies/shared/round.js'
import { ONLY_TAG, roundWords } from '../../strategies/shared/roundStrategy.js'
import { Queues } from './shared/queues.js'

export type QueueWords = 'holders' | 'queue' | 'left'
export type QueuePrivates = 'targets' | 'request' | 'isSending' | 'owed' | 'space'

/** The request that is being sent: kept, because a full queue makes the sender come back. */
const SPACE = 0
const FIRST = 1
const PAGES = 2
/** Whose serial is settled when it is done, plus one, and the serial. */
const OWNER = 0
const SERIAL = 1

/**
 * OpenSBI and NrOS: each CPU has a queue of requests. A sender that finds a queue full comes back
 * later, taking interrupts meanwhile, so that two senders with full queues drain each other.
 */
export class QueueStrategy implements Strategy {
  protected readonly holders: Holders
  protected readonly queues: Queues
  protected readonly privates: Readonly<Record<QueuePrivates, number>>

  constructor(host: StrategyHost<QueueWords, QueuePrivates>, Kind: typeof Queues = Queues) {
    this.holders = new Holders(host.words.holders, host.shape.cpuCount)
    this.queues = new Kind(host.words.queue, host.words.left, host.parameters['slots'])
    this.privates = host.privates
  }

  changed(cpu: Port, change: Change): Ticket {
    cpu.set(this.privates.owed + OWNER, cpu.id + 1)
    cpu.set(this.privates.owed + SERIAL, change.serial)
    if ((change.obligations & BINDING) === 0) return this.end(cpu)
    return this.begin(cpu, change.space, change.firstPage, change.pageCount)
  }

  finished(): Ticket {
    return DONE
  }

  /** Every change is settled when its `changed` ends, so a demand names changes of one busy CPU at most. */
  demanded(cpu: Port, demand: Demand): Ticket {
    cpu.set(this.privates.owed + OWNER, demand.owners[0] + 1)
    cpu.set(this.privates.owed + SERIAL, cpu.issued(demand.owners[0]))
    return this.begin(cpu, KERNEL_SPACE, 0, WHOLE_SPACE)
  }

  protected begin(cpu: Port, space: number, first: number, pages: number): Ticket {
    const { targets, request, isSending } = this.privates
    const count =
      space === KERNEL_SPACE
        ? this.holders.everyoneElse(cpu, targets)
        : this.holders.others(cpu, space, targets)
    cpu.set(request + SPACE, space)
    cpu.set(request + FIRST, first)
    cpu.set(request + PAGES, pages)
    cpu.set(isSending, 1)
    this.queues.arm(cpu, count)
    return this.send(cpu)
  }

  /** Every target that still stands in the set gets the request, or AGAIN. */
  protected send(cpu: Port): Ticket {
    const { targets, request, isSending } = this.privates
    const space = cpu.get(request + SPACE)
    const first = cpu.get(request + FIRST)
    const pages = cpu.get(request + PAGES)
    let isBlocked = false
    for (let target = 0; target < cpu.count; target++) {
      const word = targets + (target >>> 5)
      const bit = 1 << (target & 31)
      if ((cpu.get(word) & bit) === 0) continue
      if (!this.queues.put(cpu, target, space, first, pages)) {
        isBlocked = true
        continue
      }
      cpu.set(word, cpu.get(word) & ~bit)
      cpu.interruptOne(target)
    }
    if (isBlocked) return AGAIN
    cpu.set(isSending, 0)
    this.queues.flush(cpu, space, first, pages)
    return cpu.zero(this.queues.leftOf(cpu.id))
  }

  resumed(cpu: Port): Ticket {
    return cpu.get(this.privates.isSending) === 0 ? this.end(cpu) : this.send(cpu)
  }

  protected end(cpu: Port): Ticket {
    const { owed } = this.privates
    cpu.settle(cpu.get(owed + OWNER) - 1, cpu.get(owed + SERIAL))
    return SETTLED
  }

  interrupted(cpu: Port): typeof DONE | typeof AGAIN {
    this.queues.serve(cpu)
    return DONE
  }

  /** The old bit goes after the new space is loaded: until then this CPU may still walk the old one. */
  switched(cpu: Port, to: number): Ticket {
    const { space } = this.privates
    const from = cpu.get(space)
    this.holders.enter(cpu, to)
    cpu.activate(to, ONLY_TAG, false)
    if (from !== to && from !== KERNEL_SPACE) this.holders.leave(cpu, from)
    cpu.set(space, to)
    return DONE
  }
}

export default {
  summary: 'each CPU has a queue of flush requests; who finds one full comes back',
  source: 'OpenSBI lib/sbi/sbi_tlb.c; NrOS kernel/src/arch/x86_64/tlb.rs',
  parameters: {
    slots: {
      default: 8,
      min: 1,
      max: 64,
      unit: 'slots',
      summary: 'requests that a queue holds',
      source: 'OpenSBI SBI_TLB_FIFO_NUM_ENTRIES',
    },
  },
  contract: () => 'return',
  assumes: () => ({ timeless: false }),
  words: (shape, parameters) => ({
    holders: roundWords(shape).holders,
    queue: { count: shape.cpuCount, stride: Queues.wordsPerCpu(parameters['slots']) },
    left: { count: shape.cpuCount, stride: WORDS_PER_LINE },
  }),
  privateWords: (shape) => ({
    targets: setWords(shape.cpuCount),
    request: 3,
    isSending: 1,
    owed: 2,
    space: 1,
  }),
  create: (host) => new QueueStrategy(host),
} satisfies StrategyModule<QueueWords, QueuePrivates>

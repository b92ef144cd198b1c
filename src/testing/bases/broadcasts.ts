import type { Change } from '../../contract/change.js'
import { GLOBAL_TAG, WHOLE_TAG } from '../../contract/hardware.js'
import { BINDING } from '../../contract/obligation.js'
import type { Operation } from '../../contract/operation.js'
import { KERNEL_SPACE } from '../../contract/page.js'
import type { Port } from '../../contract/port.js'
import type { Demand, Strategy, StrategyHost, StrategyModule } from '../../contract/strategy.js'
import { DONE, SETTLED, type Ticket } from '../../contract/ticket.js'
import { Gather, GATHER_PRIVATES } from '../../strategies/shared/gather.js'
import { WHOLE_SPACE } from '../../strategies/shared/round.js'
import { NotedSerials, notedPrivates } from './shared/notedSerials.js'

export type BroadcastPrivates = 'gather' | 'noted' | 'under'

/**
 * AMD INVLPGB with global tags, as Linux uses it: a space has one tag, the same on all CPUs. The range
 * that an operation has changed is broadcast at its end, and the operation returns when the sync says
 * that every CPU has dropped it. Nobody is interrupted, and nobody needs to know who runs the space.
 *
 * Translations stay under their tag when a CPU loads another space: broadcasts reach them there. With
 * more spaces than tags, spaces share one, and a CPU flushes it where another space ran under it last.
 *
 * Not for freed tables: nothing makes anybody wait for a software walker (walkerBroadcasts does).
 */
export class BroadcastStrategy implements Strategy {
  protected readonly gather: Gather
  protected readonly noted: NotedSerials
  readonly #tagCount: number
  /** Private words: the space that ran last on this CPU under each tag. */
  readonly #under: number

  constructor({ privates, parameters }: StrategyHost<string, BroadcastPrivates>) {
    this.gather = new Gather(privates.gather, parameters['ceiling'])
    this.noted = new NotedSerials(privates.noted)
    this.#tagCount = parameters['tags']
    this.#under = privates.under
  }

  protected tagOf(_cpu: Port, space: number): number {
    return space === KERNEL_SPACE ? GLOBAL_TAG : 1 + ((space - 1) % this.#tagCount)
  }

  changed(cpu: Port, change: Change): Ticket {
    if ((change.obligations & BINDING) !== 0) this.gather.add(cpu, change)
    return DONE
  }

  /** The serial is read before the broadcast, and settled after the sync. */
  finished(cpu: Port, operation: Operation): Ticket {
    if (operation.depth > 0) return DONE
    this.noted.clear(cpu)
    this.noted.note(cpu, cpu.id)
    const { gather } = this
    if (gather.count(cpu) === 0) return this.settle(cpu)
    this.broadcast(cpu, gather.space(cpu), gather.first(cpu), gather.pages(cpu))
    gather.clear(cpu)
    return this.sync(cpu)
  }

  /** Everything, because a serial is settled with all before it, which may lie in any space. */
  demanded(cpu: Port, demand: Demand): Ticket {
    this.noted.noteAll(cpu, demand)
    this.broadcast(cpu, KERNEL_SPACE, 0, WHOLE_SPACE)
    return this.sync(cpu)
  }

  protected broadcast(cpu: Port, space: number, firstPage: number, pageCount: number): void {
    cpu.broadcast(this.tagOf(cpu, space), firstPage, pageCount === WHOLE_SPACE ? WHOLE_TAG : pageCount, 1)
  }

  protected sync(cpu: Port): Ticket {
    return cpu.broadcastSync()
  }

  resumed(cpu: Port): Ticket {
    return this.settle(cpu)
  }

  protected settle(cpu: Port): Ticket {
    this.noted.settle(cpu)
    return SETTLED
  }

  interrupted(_cpu: Port): typeof DONE {
    return DONE
  }

  switched(cpu: Port, to: number): Ticket {
    const tag = this.tagOf(cpu, to)
    cpu.activate(to, tag, this.isKept(cpu, to, tag))
    cpu.set(this.#under + tag, to)
    return DONE
  }

  protected isKept(cpu: Port, space: number, tag: number): boolean {
    return cpu.get(this.#under + tag) === space
  }
}

export default {
  summary: 'broadcasts what an operation has changed, and returns when every CPU has dropped it',
  source: 'AMD64 APM vol. 3, INVLPGB and TLBSYNC; Linux 6.14 arch/x86/mm/tlb.c, broadcast_tlb_flush',
  needs: ['broadcast'],
  parameters: {
    ceiling: {
      default: 33,
      min: 0,
      max: 1 << 20,
      unit: 'pages',
      summary: 'a range above this is broadcast as the whole tag',
      source: 'Linux tlb_single_page_flush_ceiling',
    },
    tags: {
      default: 4095,
      min: 1,
      max: 65535,
      unit: 'tags',
      summary: 'address-space tags; one for each space as far as they go',
      source: 'x86: process-context identifiers have 12 bits, and 0 is that of global entries here',
    },
  },
  contract: () => 'return',
  assumes: () => ({ timeless: true }),
  words: () => ({}),
  privateWords: (shape) => ({
    gather: GATHER_PRIVATES,
    noted: notedPrivates(shape),
    under: shape.spaceCount,
  }),
  create: (host) => new BroadcastStrategy(host),
} satisfies StrategyModule<never, BroadcastPrivates>

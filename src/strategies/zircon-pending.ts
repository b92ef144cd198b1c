import { KERNEL_SPACE } from '../contract/page.js'
import type { Port } from '../contract/port.js'
import { type StrategyHost, type StrategyModule } from '../contract/strategy.js'
import { type Ticket } from '../contract/ticket.js'
import { FlushList } from './shared/flushList.js'
import { listPrivates, ListRound, ListStrategy, type ListPrivates } from './shared/listStrategy.js'
import { roundPrivates, roundWords, type RoundWords } from './shared/roundStrategy.js'
import { wholeLines } from './shared/lines.js'

type Privates = ListPrivates | 'running'

/** An initiator's request: the ticket that a target acknowledges, then the items. */
const TICKET = 0
const LIST = 1

export class PendingItems extends ListRound {
  /** Private word: the space that this CPU runs. */
  running = 0

  override send(cpu: Port): Ticket {
    const count = this.findTargets(cpu, this.list.space(cpu))
    const ticket = cpu.arm(count)
    if (count > 0) {
      const request = this.requestOf(cpu.id)
      cpu.store(request + TICKET, ticket)
      this.list.copyTo(cpu, request + LIST)
      this.ask(cpu)
      cpu.interruptSet(this.targets)
    }
    this.finishSending(cpu)
    return ticket
  }

  override tryToServe(cpu: Port): true {
    this.serve(cpu)
    return true
  }

  protected override serveOne(cpu: Port, initiator: number): void {
    const request = this.requestOf(initiator)
    this.taken.copyFrom(cpu, request + LIST)
    if (this.concerns(cpu)) this.taken.flush(cpu)
    cpu.acknowledge(cpu.load(request + TICKET))
  }

  /** Who runs another space has dropped this one's entries when it left; the kernel's are everywhere. */
  protected concerns(cpu: Port): boolean {
    const space = this.taken.space(cpu)
    return space === KERNEL_SPACE || space === cpu.get(this.running)
  }
}

export class ZirconPending extends ListStrategy<PendingItems> {
  readonly #running: number

  constructor(host: StrategyHost<RoundWords, Privates>, Kind: typeof PendingItems = PendingItems) {
    super(host, Kind, host.parameters['items'])
    this.#running = host.privates.running
    this.listRound.running = host.privates.running
  }

  override switched(cpu: Port, to: number): Ticket {
    const ticket = super.switched(cpu, to)
    cpu.set(this.#running, to)
    return ticket
  }
}

/**
 * Zircon collects the entries that an edit of a page table changes in an array of fixed size, and runs
 * one task on every CPU that has the space active. A CPU that runs another space by then does nothing.
 * Source: Fuchsia zircon/kernel/arch/x86/mmu.cc (`TlbInvalidatePage_task`, `x86_tlb_invalidate_page`),
 * page_tables/include/arch/x86/page_tables/page_tables.h and page_tables.cc (`PendingTlbInvalidation`),
 * kernel/mp.cc (`mp_sync_exec`).
 *
 * ## State
 *
 * The pending items of the operation, or "everything" when there are too many. A request of each CPU, the
 * items in it; for each target a bit for each initiator that asks; a countdown of each initiator. The
 * CPUs that hold each space; privately, the space that a CPU runs.
 *
 * ## Who does what
 *
 * - Initiator: collects until its outermost operation ends, writes its request, asks and interrupts all
 *   holders, or all CPUs if an item is the kernel's, flushes at home, and waits for the countdown.
 * - Responder: for each initiator that asks it compares the space with the one that it runs. If they
 *   differ and no item is the kernel's it only acknowledges; else it flushes first.
 * - Switch: publishes, loads without keeping anything, leaves the old space. Idle CPUs are interrupted.
 *
 * ## Why it is safe
 *
 * A CPU that runs another space has left this one by a switch, which drops all entries under the only
 * tag there is, and when it comes back it fills from the table as it is then: nothing that it could still
 * have is older than the change. What it runs is noted when the new root is loaded, and handlers do
 * not come in between. With entries kept over a switch the comparison would lose a flush: CPU 1 leaves
 * the space, skips the request, comes back and uses the old entry.
 *
 * ## Counts
 *
 * One operation of p changed entries with h other holders: 1 round and h interrupts if h > 0, (h + 1) p
 * pages invalidated up to the 32 items, h + 1 full flushes above. Each changed page is an item, and so
 * is a freed leaf table. A holder that leaves the space while the interrupt is on its way counts one less.
 *
 * ## What differs from the source
 *
 * An item's level and whether it is terminal are not kept: the task treats all levels alike, and only the
 * IOMMU's page tables read whether it is terminal. Entries of the top level, which make the shootdown
 * full, are never changed here. Tasks are linked into the targets' lists under one lock for the whole
 * machine; here each is a bit. Which CPUs are done is a mask there and a countdown here.
 */
export default {
  summary: 'an array of changed entries, run as a task on the holders; who runs another space skips it',
  source: 'Fuchsia zircon/kernel/arch/x86/mmu.cc: PendingTlbInvalidation',
  parameters: {
    items: {
      default: 32,
      min: 0,
      max: 1000,
      unit: 'items',
      summary: 'changed entries above which the whole space is flushed',
      source: 'Fuchsia page_tables.h: `Item item[32]` of PendingTlbInvalidation',
    },
  },
  contract: () => 'return',
  assumes: () => ({ timeless: true, symmetric: true }),
  words: (shape, parameters) => ({
    ...roundWords(shape),
    request: {
      count: shape.cpuCount,
      stride: wholeLines(LIST + FlushList.words(parameters['items'])),
    },
  }),
  privateWords: (shape, parameters) => ({
    ...roundPrivates(shape),
    ...listPrivates(parameters['items']),
    running: 1,
  }),
  create: (host) => new ZirconPending(host),
} satisfies StrategyModule<RoundWords, Privates>

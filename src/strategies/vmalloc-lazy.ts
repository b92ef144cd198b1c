import { type Change, KIND_VMALLOC, reachedSerial } from '../contract/change.js'
import { BINDING } from '../contract/obligation.js'
import { KERNEL_SPACE } from '../contract/page.js'
import type { Port } from '../contract/port.js'
import type { MachineShape, Strategy, StrategyHost, StrategyModule } from '../contract/strategy.js'
import { type AGAIN, DONE, SETTLED, type Ticket } from '../contract/ticket.js'
import { Holders, setWords } from './shared/holders.js'
import { CEILING } from './shared/linuxParameters.js'
import { collectedPrivates, parkedBlock, ParkedRanges } from './shared/parkedRanges.js'
import { Round, roundBlocks, WHOLE_SPACE } from './shared/round.js'

export type VmallocLazyWords = 'parked' | 'lazyPages' | 'request' | 'row'
export type VmallocLazyPrivates = 'targets' | 'collected' | 'freed'

export interface VmallocLazyParts {
  readonly ParkedRanges: typeof ParkedRanges
}

/** 32 MiB in pages of 4 KiB. */
const PAGES_PER_BIT = 8192

/** @returns pages: more for more CPUs, because a purge costs more there, but slowly, because its pause does too */
function lazyMaxPages(cpuCount: number, given: number): number {
  return given === 0 ? (32 - Math.clz32(cpuCount)) * PAGES_PER_BIT : given
}

export class VmallocLazy implements Strategy {
  readonly #parked: ParkedRanges
  readonly #round: Round
  /** Shared word: pages that wait on all CPUs. */
  readonly #lazyPages: number
  /** Private word: pages that the open operation has freed so far. */
  readonly #freed: number
  readonly #most: number
  readonly #ceiling: number

  constructor(
    { shape, words, privates, parameters }: StrategyHost<VmallocLazyWords, VmallocLazyPrivates>,
    parts: VmallocLazyParts = { ParkedRanges },
  ) {
    // Kernel ranges reach everybody: no space has holders here.
    const everybody = new Holders({ base: 0, stride: 0 }, shape.cpuCount)
    this.#round = new Round(words.request, words.row, everybody, privates.targets, shape.cpuCount)
    this.#parked = new parts.ParkedRanges(words.parked, privates.collected)
    this.#lazyPages = words.lazyPages.base
    this.#freed = privates.freed
    this.#most = lazyMaxPages(shape.cpuCount, parameters['lazyMaxPages'])
    this.#ceiling = parameters['ceiling']
  }

  changed(cpu: Port, change: Change): Ticket {
    if ((change.obligations & BINDING) === 0) return DONE
    this.#parked.park(cpu, change)
    cpu.set(this.#freed, cpu.get(this.#freed) + change.pageCount)
    return DONE
  }

  /** Counted after it was parked: a purge that takes the count finds the pages. */
  finished(cpu: Port): Ticket {
    const freed = cpu.get(this.#freed)
    if (freed === 0) return DONE
    cpu.set(this.#freed, 0)
    if (cpu.add(this.#lazyPages, freed) + freed <= this.#most) return DONE
    const taken = cpu.exchange(this.#lazyPages, 0)
    if (taken > this.#most) return this.#purge(cpu)
    // Another CPU has come first, and what is left is not enough for a purge.
    if (taken !== 0) cpu.add(this.#lazyPages, taken)
    return DONE
  }

  /** Addresses are short, or somebody asks for all aliases to be gone: `vm_unmap_aliases`. */
  demanded(cpu: Port): Ticket {
    cpu.exchange(this.#lazyPages, 0)
    return this.#purge(cpu)
  }

  #purge(cpu: Port): Ticket {
    if (!this.#parked.collect(cpu)) return DONE
    const pages = this.#parked.pageCount(cpu)
    const count = pages > this.#ceiling ? WHOLE_SPACE : pages
    const ticket = this.#round.start(cpu, KERNEL_SPACE, this.#parked.first(cpu), count, 1)
    return ticket === DONE ? this.resumed(cpu) : ticket
  }

  resumed(cpu: Port): Ticket {
    this.#parked.settle(cpu)
    return SETTLED
  }

  /** The watermark, but it need not reach changes that a rule has settled without asking (`--skip untouched`). */
  covered(cpu: Port, owner: number, serial: number): boolean {
    return reachedSerial(cpu.settledUpTo(owner), serial)
  }

  interrupted(cpu: Port): typeof DONE | typeof AGAIN {
    this.#round.serve(cpu)
    return DONE
  }

  switched(): Ticket {
    return DONE
  }
}

/**
 * What Linux does with the addresses of its own virtual area (`vmalloc`, `vmap`): an unmap clears the entries and frees
 * the frames, and that is all. The addresses are parked until there are many of them; then one flush of the kernel on all
 * CPUs makes all of them free at once. It handles these mappings only and runs beside another strategy:
 * `vmalloc-lazy+linux` is the kernel as it is.
 *
 * ## State
 *
 * For each CPU a line with the range that it has parked, from the first to the last page, and the last serial in it. One
 * count of parked pages for all. A request and a row of bits for each CPU, as `immediate`.
 *
 * ## Who does what
 *
 * - Initiator: widens its range by each page that it has cleared, and at the end of the operation adds its pages to the
 *   count. Above `lazyMaxPages` (0: fls(CPUs) * 32 MiB) it takes the count and purges: one round on all CPUs over
 *   everything that any of them has parked; more than `ceiling` pages from the first to the last are a full flush. Who
 *   finds the count taken goes on.
 * - A CPU that is short of addresses demands its oldest, and the demand is a purge of everything (`vm_unmap_aliases`).
 * - Responder: flushes what the request says, and answers. Idle CPUs too: kernel entries count there.
 * - Switch: nothing. Kernel entries outlive it.
 *
 * ## Why it is safe
 *
 * The kernel is trusted to use no pointer that it has freed, so a stale entry is harmless until its address is mapped
 * again; the address is held until its change is settled. A range is widened before its serial is written, and a purge
 * reads the serial before the range: it flushes everything up to the serial that it settles. Read the other way round, or
 * taken from the CPU's last issued serial, a page that was parked in between would be settled unflushed.
 *
 * ## Counts
 *
 * Frees of p pages on one CPU of N, with T = `lazyMaxPages`: a purge at each k-th free, k = floor(T / p) + 1, and nothing
 * for the others. A purge: 1 round and N - 1 interrupts (no round if N = 1); r * N invalidations for r pages from the
 * first to the last parked where r <= `ceiling`, else N full flushes. After the first k frees addresses come back, and r
 * stays k * p. With several CPUs that free, the count is common, and who purges depends on timing.
 *
 * ## What differs from the source
 *
 * A CPU holds 512 ranges at most; one more is a demand, so k is never above 513 here (a tree without bound). The guard page
 * that Linux counts with each range is left out. Linux 6.3 purges in a worker, under a mutex, and merges ranges; here the
 * CPU that crosses the threshold purges, as up to 5.13 (from memory), and others go on beside it. Ranges of a CPU are one
 * range with holes, and each CPU has a part of the area of its own, so that what two of them have parked lies far apart:
 * such a purge is a full flush. Per-CPU blocks (`vb_alloc`) and `VM_FLUSH_RESET_PERMS` are left out.
 */
export default {
  summary: "parks freed addresses of the kernel's virtual area and purges many of them in one round",
  source: 'Linux 6.3 mm/vmalloc.c: lazy_max_pages, __purge_vmap_area_lazy, vm_unmap_aliases',
  handles: [KIND_VMALLOC],
  parameters: {
    lazyMaxPages: {
      default: 0,
      min: 0,
      max: 1 << 24,
      unit: 'pages',
      summary: 'parked pages of all CPUs above which they are purged; 0: fls(CPUs) * 32 MiB',
      source: 'Linux mm/vmalloc.c, lazy_max_pages: fls(num_online_cpus()) * (32 MiB / PAGE_SIZE)',
    },
    ceiling: CEILING,
  },
  contract: () => 'return',
  assumes: () => ({ timeless: false, symmetric: true }),
  words: (shape: MachineShape) => ({
    parked: parkedBlock(shape),
    lazyPages: { count: 1, stride: 1 },
    ...roundBlocks(shape),
  }),
  privateWords: (shape: MachineShape) => ({
    targets: setWords(shape.cpuCount),
    collected: collectedPrivates(shape),
    freed: 1,
  }),
  create: (host) => new VmallocLazy(host),
} satisfies StrategyModule<VmallocLazyWords, VmallocLazyPrivates>

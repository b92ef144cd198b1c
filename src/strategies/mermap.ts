import { KIND_EPHEMERAL, type Change } from '../contract/change.js'
import type { Operation } from '../contract/operation.js'
import type { Port } from '../contract/port.js'
import type { Strategy, StrategyHost, StrategyModule } from '../contract/strategy.js'
import { DONE, SETTLED, type Ticket } from '../contract/ticket.js'
import { Gather, GATHER_PRIVATES } from './shared/gather.js'
import { CEILING } from './shared/linuxParameters.js'
import { settleIssued } from './shared/perOperation.js'
import { flush } from './shared/round.js'

type Privates = 'put'

export class Mermap implements Strategy {
  /** What this CPU has put and not flushed. */
  protected readonly put: Gather
  readonly #flushesEachPut: boolean

  constructor(host: StrategyHost<never, Privates>) {
    this.put = new Gather(host.privates.put, host.parameters['ceiling'])
    this.#flushesEachPut = host.parameters['flushOn'] === 1
  }

  changed(cpu: Port, change: Change): Ticket {
    this.put.add(cpu, change)
    return DONE
  }

  finished(cpu: Port, operation: Operation): Ticket {
    if (operation.depth > 0 || !this.#flushesEachPut) return DONE
    return this.#settle(cpu)
  }

  /** By this CPU, and for no changes but its own: nobody else deals out its addresses. */
  demanded(cpu: Port): Ticket {
    return this.#settle(cpu)
  }

  #settle(cpu: Port): typeof SETTLED {
    if (this.put.count(cpu) > 0) this.flushPut(cpu)
    this.put.clear(cpu)
    return settleIssued(cpu)
  }

  /** Here, and nowhere else. */
  protected flushPut(cpu: Port): void {
    const { put } = this
    flush(cpu, put.space(cpu), put.first(cpu), put.pages(cpu), 1)
  }

  resumed(): Ticket {
    return DONE
  }

  interrupted(): typeof DONE {
    return DONE
  }

  switched(): Ticket {
    return DONE
  }
}

/**
 * Pages that the kernel maps for a moment and uses on one CPU only are flushed on that CPU only, and not before
 * their addresses come round again. Each CPU has a window of addresses in every space. A get maps pages at the next of them, a put
 * clears the entries and flushes nothing. At the window's end one flush of this CPU makes all that was put usable again.
 * It is Brendan Jackman's mermap, for a page cache that is not in the direct map. It handles temporary mappings only: the rest is
 * another strategy's.
 *
 * ## State
 *
 * For each CPU the range that it has put and not flushed, in words of its own. None is shared.
 *
 * ## Who does what
 *
 * - Initiator, at a put: notes the page. With `flushOn` = 1 it flushes the page at the end of the put, here.
 * - Initiator, at a get that finds the window's end: one flush of what was put, here. Up to `ceiling` pages go one by one;
 *   more are the whole space. The kernel side then deals out addresses from above the highest live mapping.
 * - Responder, idle: nothing, ever. Switch: nothing; who loads the space drops what an untagged load drops.
 *
 * ## Why it is safe
 *
 * No other CPU may use an address of this window, so no other can use what is stale there. This CPU clears the entry before it
 * notes the page, and flushes before an address is dealt out again; a put runs on the CPU of its get. In between the old
 * entry stands in this TLB: harmless as long as the kernel does not use the address, and that is the assumption. A flush
 * before the entry is cleared would be lost: a walk in between fetches the old translation again.
 *
 * ## Counts
 *
 * Rounds and interrupts: none. Of gets of p pages with a window of w, one of which is in reserve, k = floor((w - 1) / p) fit into
 * a lap. On wrap: one flush for each k gets, of k * p pages: as many invalidations up to `ceiling`, else one full flush. On
 * put: p invalidations each, or a full flush above `ceiling`. A live mapping at the window's end shortens the laps.
 *
 * ## What differs from the source
 *
 * - It is x86's rule. On arm64 the flush has to be a broadcast (include/linux/mermap.h): another CPU may have walked to
 *   the entry by speculation, and writing another one there breaks break-before-make. The explorer shows just that
 *   where it is asked to; machines that demand it should not run this strategy.
 * - The source's caller must flush on all CPUs before it frees a page that was mapped here, against speculation. That obligation
 *   of the frame is left out: pages of the windows are never freed.
 * - On wrap the source flushes everything on this CPU whatever the range; that is `ceiling` = 0. Windows of fewer pages than
 *   the ceiling are not in it. The prototype flushed the range at each put, without a ceiling.
 */
export default {
  summary: 'a window of one CPU: its pages are flushed here, when their addresses come round again',
  source:
    'Brendan Jackman, mermap: mm/mermap.c and arch/x86/include/asm/mermap.h (LKML, v4 of the series, 2026)',
  handles: [KIND_EPHEMERAL],
  parameters: {
    flushOn: {
      default: 0,
      min: 0,
      max: 1,
      unit: '0 or 1',
      summary: 'what was put is flushed when its addresses are wanted again (0), or by each put (1)',
      source:
        'wrap: v4 of the series; put: the prototype of August 2025, flush_tlb_kernel_range_local in mermap_put',
    },
    ceiling: CEILING,
  },
  presets: {
    'on-put': {
      summary: 'each put flushes what it takes out',
      source: 'mm/mermap.c of the prototype, August 2025',
      values: { flushOn: 1 },
    },
  },
  contract: () => 'return',
  assumes: () => ({ timeless: true, symmetric: true }),
  words: () => ({}),
  privateWords: () => ({ put: GATHER_PRIVATES }),
  create: (host) => new Mermap(host),
} satisfies StrategyModule<never, Privates>

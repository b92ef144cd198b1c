import { KIND_EPHEMERAL, type Change } from '../contract/change.js'
import type { Operation } from '../contract/operation.js'
import type { Port } from '../contract/port.js'
import type { Demand, StrategyHost, StrategyModule } from '../contract/strategy.js'
import { DONE, type Ticket } from '../contract/ticket.js'
import { Gather, GATHER_PRIVATES } from './shared/gather.js'
import { CEILING, GATHER_LIMIT } from './shared/linuxParameters.js'
import {
  PerOperation,
  perOperationPrivates,
  settleIssued,
  type PerOperationPrivates,
} from './shared/perOperation.js'
import { flush } from './shared/round.js'
import { roundWords, type RoundWords } from './shared/roundStrategy.js'

type Privates = PerOperationPrivates | 'put'

export class Mermap extends PerOperation {
  /** What was put and is not flushed: in this CPU's windows only. */
  protected readonly put: Gather
  readonly #flushesPuts: boolean

  constructor(host: StrategyHost<RoundWords, Privates>) {
    super(host)
    this.put = new Gather(host.privates.put, host.parameters['ceiling'])
    this.#flushesPuts = host.parameters['flushOn'] === 1
  }

  override changed(cpu: Port, change: Change): Ticket {
    if (change.kind !== KIND_EPHEMERAL) return super.changed(cpu, change)
    this.put.add(cpu, change)
    return DONE
  }

  override finished(cpu: Port, operation: Operation): Ticket {
    if (operation.depth > 0) return DONE
    if (this.gather.count(cpu) > 0) return this.flush(cpu)
    return this.put.count(cpu) === 0 || this.#flushesPuts ? this.flushed(cpu) : DONE
  }

  /** A settlement is a prefix of this CPU's changes, so what was put before goes with it. */
  protected override flushed(cpu: Port): Ticket {
    this.flushPut(cpu)
    return settleIssued(cpu)
  }

  /** Changes of this CPU's windows are asked for by this CPU alone; what is still gathered for a round is not among those alone. */
  override demanded(cpu: Port, demand: Demand): Ticket {
    let isOwn = this.gather.count(cpu) === 0
    for (let item = 0; item < demand.count; item++) isOwn &&= demand.owners[item] === cpu.id
    return isOwn ? this.flushed(cpu) : super.demanded(cpu, demand)
  }

  /** Here, and nowhere else. */
  protected flushPut(cpu: Port): void {
    const { put } = this
    if (put.count(cpu) === 0) return
    flush(cpu, put.space(cpu), put.first(cpu), put.pages(cpu), 1)
    put.clear(cpu)
  }
}

/**
 * page
 */
export default {
  summary:
    'a window of one CPU: nothing is flushed at a put, all of it here when its addresses come round again',
  source:
    'Brendan Jackman, mermap (LKML 2025-2026): mm/mermap.c and arch/x86/include/asm/mermap.h, v4 of the series',
  parameters: {
    flushOn: {
      default: 0,
      min: 0,
      max: 1,
      unit: '0 or 1',
      summary: 'what was put is flushed when its addresses are wanted again (0), or by each put (1)',
      source:
        'wrap: v4 of the series; put: its prototype of August 2025 (flush_tlb_kernel_range_local in mermap_put)',
    },
    ceiling: CEILING,
    gatherLimit: GATHER_LIMIT,
  },
  presets: {
    'on-put': {
      summary: 'each put flushes what it takes out',
      source: 'prototype of August 2025',
      values: { flushOn: 1 },
    },
  },
  contract: () => 'return',
  assumes: () => ({ timeless: true, symmetric: true }),
  words: roundWords,
  privateWords: (shape) => ({ ...perOperationPrivates(shape), put: GATHER_PRIVATES }),
  create: (host) => new Mermap(host),
} satisfies StrategyModule<RoundWords, Privates>

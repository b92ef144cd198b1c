import { GLOBAL_TAG, WHOLE_TAG } from '../../dist/src/contract/hardware.js'
import type { Contract } from '../../dist/src/contract/obligation.js'
import type { Port } from '../../dist/src/contract/port.js'
import type { Demand, Strategy, StrategyHost, StrategyModule } from '../../dist/src/contract/strategy.js'
import { AGAIN, DONE, type Ticket } from '../../dist/src/contract/ticket.js'

/** What a variant does otherwise than it should. */
export interface Variant {
  readonly contract?: Contract
  /** Obligations whose demands it answers without a flush. */
  readonly ignores?: number
  /** The CPU that makes a change drops what it holds at once; the others are told when a demand comes. */
  readonly flushesOwn?: boolean
  /** The handler acknowledges, is held, and flushes when it is called again. */
  readonly acknowledgesFirst?: boolean
  readonly acknowledgesNever?: boolean
  /** Each space has its own tag, kept over switches; a handler flushes the loaded space only. */
  readonly keepsTags?: boolean
  /** Entries go by a broadcast, and no CPU takes an interrupt. */
  readonly broadcasts?: boolean
  /** `never`: it has no predicate either, so that the watermark is all that tells. */
  readonly claims?: 'predicate' | 'settle' | 'never'
}

export type AskedWords = 'row' | 'ticket' | 'active'
export type AskedPrivates = 'turn' | 'serials'

/**
 * Flushes everything on every CPU when it is asked to, and claims nothing: `covered` says no and nothing
 * is settled. No claim can be false then (I11), so that only the event itself can tell what is stale.
 * All demands but those that a variant ignores are answered rightly, so that each variant breaks one
 * invariant and no other.
 */
export class Asked implements Strategy {
  readonly #host: StrategyHost<AskedWords, AskedPrivates>
  readonly #variant: Variant
  covered?: NonNullable<Strategy['covered']>

  constructor(host: StrategyHost<AskedWords, AskedPrivates>, variant: Variant) {
    this.#host = host
    this.#variant = variant
    if ((variant.claims ?? 'predicate') === 'predicate') this.covered = () => false
  }

  changed(cpu: Port): Ticket {
    if (this.#variant.flushesOwn === true) cpu.invalidateAll()
    return DONE
  }

  finished(): Ticket {
    return DONE
  }

  demanded(cpu: Port, demand: Demand): Ticket {
    const { ignores = 0, broadcasts = false } = this.#variant
    if ((demand.obligation & ignores) !== 0) return DONE
    // Read before the flush: what is issued in between is not settled by it.
    const { serials } = this.#host.privates
    for (let owner = 0; owner < cpu.count; owner++) cpu.set(serials + owner, cpu.issued(owner))
    if (broadcasts) {
      cpu.broadcast(GLOBAL_TAG, 0, WHOLE_TAG, 1)
      return cpu.broadcastSync()
    }
    return this.#round(cpu)
  }

  #round(cpu: Port): Ticket {
    const { words } = this.#host
    const ticket = cpu.arm(cpu.count - 1)
    cpu.store(words.ticket.base + cpu.id * words.ticket.stride, ticket)
    for (let target = 0; target < cpu.count; target++)
      if (target !== cpu.id) cpu.or(words.row.base + target * words.row.stride, 1 << cpu.id)
    cpu.interruptAllButSelf()
    this.#flush(cpu)
    return ticket === DONE ? this.resumed(cpu) : ticket
  }

  resumed(cpu: Port): Ticket {
    const { serials } = this.#host.privates
    if (this.#variant.claims === 'settle')
      for (let owner = 0; owner < cpu.count; owner++) cpu.settle(owner, cpu.get(serials + owner))
    return DONE
  }

  interrupted(cpu: Port): typeof DONE | typeof AGAIN {
    const { words, privates } = this.#host
    if (cpu.get(privates.turn) !== 0) {
      cpu.set(privates.turn, 0)
      this.#flush(cpu)
      return DONE
    }
    const bits = cpu.exchange(words.row.base + cpu.id * words.row.stride, 0)
    const { acknowledgesFirst = false, acknowledgesNever = false } = this.#variant
    if (!acknowledgesFirst) this.#flush(cpu)
    for (let other = 0; other < cpu.count; other++)
      if ((bits & (1 << other)) !== 0 && !acknowledgesNever)
        cpu.acknowledge(cpu.load(words.ticket.base + other * words.ticket.stride))
    if (!acknowledgesFirst) return DONE
    cpu.set(privates.turn, 1)
    return AGAIN
  }

  #flush(cpu: Port): void {
    if (this.#variant.keepsTags === true) cpu.invalidateSpace(this.active(cpu, cpu.id))
    else cpu.invalidateAll()
  }

  switched(cpu: Port, to: number): Ticket {
    const keeps = this.#variant.keepsTags === true
    this.setActive(cpu, to)
    cpu.activate(to, keeps ? to : 1, keeps)
    return DONE
  }

  /** The space that a CPU has loaded. */
  protected active(cpu: Port, other: number): number {
    return cpu.load(this.#host.words.active.base + other * this.#host.words.active.stride)
  }

  protected setActive(cpu: Port, space: number): void {
    cpu.store(this.#host.words.active.base + cpu.id * this.#host.words.active.stride, space)
  }
}

export function asked(variant: Variant = {}): StrategyModule<AskedWords, AskedPrivates> {
  return {
    summary: 'flushes what it is asked to, but for what a test leaves out',
    source: 'none',
    ...(variant.broadcasts === true ? { needs: ['broadcast'] } : {}),
    parameters: {},
    contract: () => variant.contract ?? 'return',
    assumes: () => ({ timeless: true }),
    words: ({ cpuCount }) => ({
      row: { count: cpuCount, stride: 16 },
      ticket: { count: cpuCount, stride: 16 },
      active: { count: cpuCount, stride: 16 },
    }),
    privateWords: ({ cpuCount }) => ({ turn: 1, serials: cpuCount }),
    create: (host) => new Asked(host, variant),
  }
}

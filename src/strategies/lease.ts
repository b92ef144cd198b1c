import { reachedSerial, type Change } from '../contract/change.js'
import { NEVER_EXPIRES } from '../contract/hardware.js'
import { BINDING } from '../contract/obligation.js'
import type { Operation } from '../contract/operation.js'
import type { Port } from '../contract/port.js'
import type { Demand, StrategyHost, StrategyModule } from '../contract/strategy.js'
import { DONE, SETTLED, type Ticket } from '../contract/ticket.js'
import { CEILING, GATHER_LIMIT } from './shared/linuxParameters.js'
import { PerOperation, perOperationPrivates, type PerOperationPrivates } from './shared/perOperation.js'
import { roundWords, type RoundWords } from './shared/roundStrategy.js'

export type LeasePrivates = PerOperationPrivates | 'latest' | 'isForDemand'

export class Lease extends PerOperation {
  readonly #waits: boolean
  readonly #defers: boolean
  /** Private words: the latest expiry of what is gathered; whether the task waits for what a demand named. */
  readonly #latest: number
  readonly #isForDemand: number

  constructor(host: StrategyHost<RoundWords, LeasePrivates>) {
    super(host)
    this.#waits = host.parameters['waits'] === 1
    this.#defers = host.parameters['defers'] === 1
    this.#latest = host.privates.latest
    this.#isForDemand = host.privates.isForDemand
  }

  /** When the last TLB loses what the change took away. */
  protected expiryOf(_cpu: Port, change: Change): number {
    return change.expiry
  }

  override changed(cpu: Port, change: Change): Ticket {
    if ((change.obligations & BINDING) === 0) return DONE
    const expiry = this.expiryOf(cpu, change)
    if (cpu.hasExpired(expiry)) return SETTLED
    change.tag = expiry
    if (this.#defers) return DONE
    const isFirst = this.gather.count(cpu) === 0
    cpu.set(this.#latest, isFirst ? expiry : latest(cpu.get(this.#latest), expiry))
    return super.changed(cpu, change)
  }

  override finished(cpu: Port, operation: Operation): Ticket {
    return this.#defers ? DONE : super.finished(cpu, operation)
  }

  /** What is gathered may have expired since. */
  protected override flush(cpu: Port): Ticket {
    const expiry = cpu.get(this.#latest)
    const isGone = cpu.hasExpired(expiry)
    if (!isGone && (!this.#waits || expiry === NEVER_EXPIRES)) return super.flush(cpu)
    this.gather.clear(cpu)
    return isGone ? this.flushed(cpu) : this.roundBegan(cpu, cpu.untilExpired(expiry))
  }

  override demanded(cpu: Port, demand: Demand): Ticket {
    if (!this.#waits && !this.#defers) return super.demanded(cpu, demand)
    let expiry = demand.tags[0]
    for (let item = 1; item < demand.count; item++) expiry = latest(expiry, demand.tags[item])
    if (expiry === NEVER_EXPIRES) return super.demanded(cpu, demand)
    cpu.set(this.#isForDemand, 1)
    return cpu.untilExpired(expiry)
  }

  /** Evidence for what was asked, and for no more: an earlier change may expire later. */
  override resumed(cpu: Port): Ticket {
    if (cpu.get(this.#isForDemand) === 0) return super.resumed(cpu)
    cpu.set(this.#isForDemand, 0)
    return DONE
  }

  covered(cpu: Port, owner: number, serial: number, tag: number): boolean {
    return cpu.hasExpired(tag) || reachedSerial(cpu.settledUpTo(owner), serial)
  }
}

/** Of two expiries; one that never comes is the latest. */
function latest(one: number, other: number): number {
  if (one === NEVER_EXPIRES || other === NEVER_EXPIRES) return NEVER_EXPIRES
  return ((one - other) | 0) > 0 ? one : other
}

/**
 * TLB entries expire by themselves. What a CPU caches it may use for the length of a lease, and the hardware notes beside the page-table
 * entry until when the last TLB may hold it. A change whose entry nobody has cached for that long needs no shootdown; any other is
 * flushed in a round as in `batched`. The cost moves to readers, who walk again after each lease. From Awad, Basu, Blagodurov,
 * Solihin, Loh, "Avoiding TLB shootdowns through self-invalidating TLB entries", PACT 2017, of which only the abstract was read: 65 %
 * fewer shootdowns and 45.5 % more speed on memory of two kinds with aggressive migration.
 *
 * ## State
 *
 * Beside each page-table entry, kept by the hardware: the latest expiry. Of the strategy: what `batched` has, and for each CPU the latest
 * expiry of what it has gathered. The tag of a change that is not settled at once is its expiry.
 *
 * ## Who does what
 *
 * - Walker: raises the expiry beside the entry to now + `leaseUs`, reads the entry, caches it. The TLB refuses it from then on.
 * - Initiator: writes the entry and reads the expiry. Past: settled, without a message. Else the change is gathered, and at the end of the
 *   operation one round flushes what has still not expired. `waits=1`: the operation waits for the latest expiry instead.
 *   `defers=1`: nothing is done before somebody asks (contract reuse), and who asks waits for the latest expiry of what was named.
 * - Responder and switch: as `batched`. Idle CPUs: entries expire there too, and a round interrupts them.
 *
 * ## Why it is safe
 *
 * The pairs are stamp before read, and write before look. A walk that has read the old entry had stamped it before, and the initiator that
 * writes afterwards sees a stamp that covers it. Stamped after the fill, the initiator could look in between, see an old expiry and give
 * the page away while the walk's copy has a whole lease before it. The same happens to an initiator that looks before it
 * writes. Time alone proves nothing about software; here the TLB itself refuses the entry by the clock that the expiry is in. Paging-structure
 * caches do not expire, so a freed table always takes a round, and so does what is gathered with it.
 *
 * ## Counts
 *
 * For an operation on p pages of a space with h other holders: no round, interrupt or invalidation where the last walk of each of its pages is
 * `leaseUs` ago, also at h + 1 holders that use them no more. Else that of `batched`, over the pages that have not expired. `waits=1`,
 * `defers=1`: never a round, an interrupt or an invalidation, as long as no table is freed. A reader that goes on using p pages walks p
 * times each `leaseUs`.
 *
 * ## What differs from the source
 *
 * The abstract does not say how long a lease is, what it costs to stamp, where the expiry stands, or what becomes of paging-structure caches,
 * large pages and kernel mappings: all entries are leased alike here, `leaseUs` is a proposal, and one length is for all pages. The paper is about
 * migration between kinds of memory, which no workload here does.
 */
export default {
  summary: 'TLB entries expire: what nobody has cached for the length of a lease needs no flush',
  source:
    'Awad et al., "Avoiding TLB shootdowns through self-invalidating TLB entries", PACT 2017 (abstract only)',
  needs: ['expiring'],
  parameters: {
    leaseUs: {
      default: 100,
      min: 1,
      max: 10_000,
      unit: 'us',
      summary: 'how long a CPU may use what it has cached; shorter ones cost walks, longer ones rounds',
      source: 'none: a proposal, the abstract gives no length',
    },
    waits: {
      default: 0,
      min: 0,
      max: 1,
      unit: '0 or 1',
      summary: '1: waits for the expiry where 0 interrupts',
      source: 'none: the abstract names no such choice',
    },
    defers: {
      default: 0,
      min: 0,
      max: 1,
      unit: '0 or 1',
      summary: '1: contract reuse; nothing is done at the change, and who asks waits for the expiry',
      source: 'none: as other strategies of this contract',
    },
    ceiling: CEILING,
    gatherLimit: GATHER_LIMIT,
  },
  contract: (parameters) => (parameters['defers'] === 1 ? 'reuse' : 'return'),
  assumes: (parameters) => ({ leaseNs: parameters['leaseUs'] * 1000, timeless: false, symmetric: true }),
  words: roundWords,
  privateWords: (shape) => ({ ...perOperationPrivates(shape), latest: 1, isForDemand: 1 }),
  create: (host) => new Lease(host),
} satisfies StrategyModule<RoundWords, LeasePrivates>

import {
  ACCESSED,
  DIRECT_MAP_BASE,
  DIRTY,
  KERNEL_SPACE,
  PERMISSIONS,
  PRESENT,
  WRITABLE,
} from '../contract/page.js'
import { COST_ACCESS, COST_SECOND_LEVEL_HIT, type Meter } from '../machine/costs.js'
import { COUNT_ACCESSES, COUNT_TLB_MISSES } from '../machine/counters.js'
import type { Memory } from '../machine/memory.js'
import type { Tlb } from '../machine/tlb.js'
import type { Walker } from '../machine/walker.js'
import { SPACE_ROOT, type MachineWords } from '../machine/words.js'
import type { Watch } from '../oracle/watch.js'
import type { BasePort } from './basePort.js'

/** All accesses hit the first level. */
const HIT_ALL = 0
/** The run stopped after an access that missed and was filled: other CPUs' events come first. */
export const MISSED = 1
/** The run stopped before an access that faults. */
export const MISSED_FAULT = 2

/** The run stopped before an access that misses, because `mayMiss` is off. */
export const WOULD_MISS = 3

/** The load and store unit of one CPU: TLB, walker and what they cost. */
export class AccessUnit {
  readonly #tlb: Tlb
  readonly #walker: Walker
  readonly #port: BasePort
  readonly #meter: Meter
  readonly #watch: Watch
  readonly #counters: Float64Array
  readonly #memory: Memory
  readonly #words: MachineWords
  /** Accesses that the last `run` completed. */
  done = 0
  /**
   * Whether a miss may be served now. `sim` runs hits ahead of other CPUs, since they touch nothing
   * shared, but a walk reads the page table and has to come in its turn.
   */
  mayMiss = true

  constructor(
    tlb: Tlb,
    walker: Walker,
    port: BasePort,
    meter: Meter,
    watch: Watch,
    counters: Float64Array,
    memory: Memory,
    words: MachineWords,
  ) {
    this.#tlb = tlb
    this.#walker = walker
    this.#port = port
    this.#meter = meter
    this.#watch = watch
    this.#counters = counters
    this.#memory = memory
    this.#words = words
  }

  run(page: number, count: number, need: number): number {
    const space = page >= DIRECT_MAP_BASE ? KERNEL_SPACE : this.#port.activeSpace
    const epoch = this.#port.epochOf(space)
    let done = 0
    let outcome = HIT_ALL
    while (done < count) {
      done += this.#tlb.hits(page + done, count - done, need, epoch)
      if (done === count) break
      // Not where it was found last: that is a search, or the second level, and still this CPU's own business.
      if (this.#tlb.lookup(page + done, epoch)) {
        const entry = this.#tlb.found
        if ((entry & need) === need) {
          if (!this.#tlb.foundFirst) this.#meter.charge(COST_SECOND_LEVEL_HIT, 1)
          done++
          continue
        }
        if ((need & ~entry & (PRESENT | PERMISSIONS)) !== 0) {
          // The fault itself drops the entry on x86, so the retry walks and sees what the page table says now.
          this.#tlb.drop(page + done, epoch)
          outcome = MISSED_FAULT
          break
        }
      }
      // No entry, or a first write to a page whose cached entry is not dirty.
      outcome = this.mayMiss ? this.#walk(space, page + done, need, epoch) : WOULD_MISS
      if (outcome === MISSED) done++
      break
    }
    this.done = done
    if (done > 0) {
      this.#counters[COUNT_ACCESSES] += done
      this.#meter.charge(COST_ACCESS, done)
    }
    return outcome
  }

  /** One entry, read through a table that has no other: the shared one's accessed bit stays as it is. */
  fillPrivately(page: number, word: number, epoch: number): void {
    const stamp = this.#watch.clock()
    const shared = this.#memory.load(word)
    const entry = (shared & WRITABLE) === 0 ? shared : this.#memory.or(word, DIRTY) | DIRTY
    this.#tlb.fill(page, entry | ACCESSED, false, stamp, epoch)
  }

  #walk(space: number, page: number, need: number, epoch: number): number {
    this.#counters[COUNT_TLB_MISSES]++
    const root = this.#memory.peek(this.#words.spaces.base + space * this.#words.spaces.stride + SPACE_ROOT)
    let stamp = this.#watch.clock()
    this.#walker.stamp = stamp
    let entry = this.#walker.walk(root, page, epoch, need & ~DIRTY)
    // The oracle dates an entry by its clock; a change in between leaves open which of the two came first.
    for (let again = this.#watch.clock(); again !== stamp; again = this.#watch.clock()) {
      stamp = again
      this.#walker.stamp = stamp
      entry = this.#walker.walk(root, page, epoch, need & ~DIRTY)
    }
    if (entry === 0) return MISSED_FAULT
    this.#tlb.fill(page, entry, this.#walker.large, stamp, epoch)
    this.#walker.lease?.filled(page, epoch, this.#walker.large, this.#walker.expiry)
    return MISSED
  }
}

import type { Port } from '../../contract/port.js'
import type { Placed } from '../../contract/strategy.js'

/** A CPU's word: it uses no translation that its flush could be about, and it has to flush everything when it is back. */
export const AWAY = 1
export const FLUSH = 2

/**
 * A word for each CPU that can be left alone while it is away: idle (illumos' `cpu_m.mcpu_tlb_info`), in user code where kernel
 * mappings are concerned, off its processor. The initiator takes a CPU off its list by leaving it a flush, in one
 * exchange with the look at whether it is away. Looked at first and told afterwards, the CPU could come back in between
 * and never read what it was told.
 */
export class AwayCpus {
  protected readonly placed: Placed

  constructor(placed: Placed) {
    this.placed = placed
  }

  protected wordOf(cpu: number): number {
    return this.placed.base + cpu * this.placed.stride
  }

  /** Whether the target need not be interrupted. The entry is written: what it caches after its flush is the new one. */
  leaveTo(cpu: Port, target: number): boolean {
    const before = cpu.compareExchange(this.wordOf(target), AWAY, AWAY | FLUSH)
    return (before & AWAY) !== 0
  }

  goes(cpu: Port): void {
    cpu.store(this.wordOf(cpu.id), AWAY)
  }

  returns(cpu: Port): void {
    if ((cpu.exchange(this.wordOf(cpu.id), 0) & FLUSH) !== 0) cpu.invalidateAll()
  }
}

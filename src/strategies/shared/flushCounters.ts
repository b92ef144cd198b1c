import type { Port } from '../../contract/port.js'
import type { Placed } from '../../contract/strategy.js'

/**
 * Flushes of everything, numbered by two counters. At most `stamp` of them had begun when it was read, so
 * once more than that are finished, one has begun afterwards and is finished: whatever was gone from the page table by
 * then is gone from the cache.
 */
export class FlushCounters {
  protected readonly begun: number
  protected readonly finished: number

  /** @param placed two words, on lines of their own */
  constructor(placed: Placed) {
    this.begun = placed.base
    this.finished = placed.base + placed.stride
  }

  stamp(cpu: Port): number {
    return cpu.load(this.begun)
  }

  /** Before the command is queued. */
  begin(cpu: Port): void {
    cpu.add(this.begun, 1)
  }

  /** After it is complete. */
  finish(cpu: Port): void {
    cpu.add(this.finished, 1)
  }

  isFlushed(cpu: Port, stamp: number): boolean {
    return ((cpu.load(this.finished) - stamp) | 0) > 0
  }
}

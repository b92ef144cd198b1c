import { COST_DEVICE_FLUSH, COST_DEVICE_INVALIDATE } from '../../machine/costs.js'
import { EVERYTHING, Iotlb } from '../../machine/iotlb.js'
import type { Memory } from '../../machine/memory.js'
import type { CellWords } from '../cellWords.js'

interface Command {
  readonly firstPage: number
  readonly pageCount: number
  readonly turn: number
  readonly completePs: number
}

/** Null where no tape has a device. */
export function deviceQueueOf(memory: Memory, { iotlb }: CellWords, costs: Float64Array): DeviceQueue | null {
  return iotlb === null ? null : new DeviceQueue(new Iotlb(memory, iotlb), costs)
}

/**
 * The invalidation queue of the IOMMU in virtual time: one command after the other, each as long as the
 * profile says. A command drops, when it is complete and not before, what was cached when it was queued: the worst that hardware
 * may do, so that whoever does not wait for it, or relies on one that was queued before, is found out.
 */
export class DeviceQueue {
  readonly #iotlb: Iotlb
  readonly #costs: Float64Array
  readonly #pending: Command[] = []
  #completed = 0
  /** When the last command that was queued is complete. */
  idlePs = 0

  constructor(iotlb: Iotlb, costs: Float64Array) {
    this.#iotlb = iotlb
    this.#costs = costs
  }

  /** @returns the command's number */
  add(firstPage: number, pageCount: number, nowPs: number): number {
    const cost = pageCount === EVERYTHING ? COST_DEVICE_FLUSH : COST_DEVICE_INVALIDATE
    this.idlePs = Math.max(this.idlePs, Math.round(nowPs)) + this.#costs[cost]
    this.#pending.push({ firstPage, pageCount, turn: this.#iotlb.turn, completePs: this.idlePs })
    return (this.#completed + this.#pending.length) | 0
  }

  /** What is complete by then has taken effect; the number of the last of it. */
  settle(nowPs: number): number {
    // A time that went through nanoseconds and back may have lost a fraction of a picosecond.
    const byPs = Math.round(nowPs)
    while (this.#pending.length > 0 && this.#pending[0].completePs <= byPs) {
      const { firstPage, pageCount, turn } = this.#pending[0]
      this.#iotlb.drop(firstPage, pageCount, turn)
      this.#pending.shift()
      this.#completed = (this.#completed + 1) | 0
    }
    return this.#completed
  }
}

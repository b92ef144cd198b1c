import { WHOLE_TAG } from '../contract/hardware.js'
import type { Ticket } from '../contract/ticket.js'
import { COST_BROADCAST_ISSUE, COST_BROADCAST_SYNC, COST_DEVICE_COMMAND } from '../machine/costs.js'
import {
  COUNT_BROADCAST_SYNCS,
  COUNT_BROADCASTS,
  COUNT_DEVICE_FLUSHES,
  COUNT_DEVICE_INVALIDATIONS,
} from '../machine/counters.js'
import { EVERYTHING } from '../machine/iotlb.js'
import { BasePort } from './basePort.js'

const NO_BROADCAST =
  "the strategy broadcasts, which this machine cannot: its module must say needs: ['broadcast'], and the profile must have it"

const NO_DEVICE =
  "the strategy commands the IOMMU, which is not there: its module must say needs: ['iommu'], and a tape must have a device"

/**
 * What of a port commands hardware outside of this CPU, which carries it out later: broadcasts to the TLBs of
 * all CPUs, commands to the IOMMU.
 */
export abstract class CommandPort extends BasePort {
  broadcast(tag: number, firstPage: number, pageCount: number, stridePages: number): void {
    const { broadcast } = this.cell.config.profile
    if (this.cell.broadcasts === null || broadcast === undefined) throw new Error(NO_BROADCAST)
    if (pageCount !== WHOLE_TAG && !(pageCount > 0))
      throw new Error(`a broadcast of ${pageCount} pages: it takes some, or WHOLE_TAG`)
    const pages = pageCount === WHOLE_TAG ? 1 : pageCount / stridePages
    const operations = Math.ceil(pages / broadcast.pagesPerOperation.value)
    this.counters[COUNT_BROADCASTS] += operations
    this.meter.charge(COST_BROADCAST_ISSUE, operations)
    this.sendBroadcast(tag, firstPage, pageCount, stridePages)
  }

  /** To every CPU, this one included; each then calls its port's `dropBroadcast` at a time of its own. */
  protected abstract sendBroadcast(
    tag: number,
    firstPage: number,
    pageCount: number,
    stridePages: number,
  ): void

  broadcastSync(): Ticket {
    const { broadcasts } = this.cell
    if (broadcasts === null) throw new Error(NO_BROADCAST)
    this.counters[COUNT_BROADCAST_SYNCS]++
    this.meter.charge(COST_BROADCAST_SYNC, 1)
    return this.zero(broadcasts.undelivered.base + this.id * broadcasts.undelivered.stride)
  }

  invalidateDevice(firstPage: number, pageCount: number): number {
    return this.#commandDevice(COUNT_DEVICE_INVALIDATIONS, firstPage, pageCount)
  }

  flushDevice(): number {
    return this.#commandDevice(COUNT_DEVICE_FLUSHES, 0, EVERYTHING)
  }

  #commandDevice(counter: number, firstPage: number, pageCount: number): number {
    if (this.cell.iotlb === null) throw new Error(NO_DEVICE)
    this.counters[counter]++
    this.meter.charge(COST_DEVICE_COMMAND, 1)
    return this.sendToDevice(firstPage, pageCount)
  }

  /** @returns the command's number */
  protected abstract sendToDevice(firstPage: number, pageCount: number): number
  abstract deviceCompleted(): number
  abstract deviceSync(): Ticket
}

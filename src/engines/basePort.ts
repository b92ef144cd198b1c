import { GLOBAL_TAG, WHOLE_TAG } from '../contract/hardware.js'
import { KERNEL_SPACE } from '../contract/page.js'
import type { CpuSet, Port } from '../contract/port.js'
import {
  DONE,
  TICKET_AT,
  TICKET_REACHED,
  TICKET_SHIFT,
  TICKET_ZERO,
  type Ticket,
} from '../contract/ticket.js'
import {
  COST_ENTRY_WRITE,
  COST_FLUSH_ALL,
  COST_FLUSH_SPACE,
  COST_INVALIDATE_PAGE,
  COST_WALK_LEVEL,
  COST_WALK_START,
  type Meter,
} from '../machine/costs.js'
import {
  COUNT_FLUSH_ROUNDS,
  COUNT_FULL_FLUSHES,
  COUNT_IPIS,
  COUNT_PAGES_INVALIDATED,
} from '../machine/counters.js'
import { OwnPages, type OwnTable } from '../machine/ownTable.js'
import type { StructureCache } from '../machine/structureCache.js'
import { wordOfEntry } from '../machine/tables.js'
import type { Tlb } from '../machine/tlb.js'
import type { CellWords } from './cellWords.js'

export const NO_OWN_TABLE =
  "the strategy drops entries of a CPU's own table, which there is none of: its module must say needs: ['perCpuTables']"

export const NO_PRIVATE_FILLS =
  "the strategy fills privately, which this machine does not expect: its module must say needs: ['privateFills']"

/** Methods that CommandPort adds. */
type OfCommands =
  | 'broadcast'
  | 'broadcastSync'
  | 'invalidateDevice'
  | 'flushDevice'
  | 'deviceCompleted'
  | 'deviceSync'

/** Methods that KnowingPort adds. */
type OfKnowingTlbs = 'hasExpired' | 'untilExpired' | 'invalidateSharers'

/**
 * The parts of a port that are the same in every engine: this CPU's own TLB, its private words, the
 * counting. Engines add shared words, interrupts and time.
 */
export abstract class BasePort implements Omit<Port, OfCommands | OfKnowingTlbs> {
  readonly id: number
  readonly count: number
  protected readonly cell: CellWords
  protected readonly counters: Float64Array
  readonly #privates: Int32Array
  readonly #tlb: Tlb
  readonly #structures: StructureCache
  protected readonly meter: Meter
  readonly #tagOfSpace: Int32Array
  /** Null where the strategy's machine has no tables per CPU. */
  readonly ownTable: OwnTable | null
  /** What `fillPrivately` does to the TLB; the oracle's clock is not the port's. */
  privateFill: ((page: number, word: number, epoch: number) => void) | null = null
  /** The space whose root is loaded. */
  activeSpace: number = KERNEL_SPACE
  /** Operands of the ticket that the task waits for: the value of `reached`, the time of `at`. */
  ticketValue = 0
  ticketTimeNs = Number.NaN

  constructor(
    id: number,
    cell: CellWords,
    privates: Int32Array,
    tlb: Tlb,
    structures: StructureCache,
    meter: Meter,
    counters: Float64Array,
  ) {
    this.id = id
    this.count = cell.config.cpuCount
    this.cell = cell
    this.counters = counters
    this.#privates = privates
    this.#tlb = tlb
    this.#structures = structures
    this.meter = meter
    this.ownTable = cell.hasOwnTables ? new OwnPages() : null
    this.#tagOfSpace = new Int32Array(cell.config.spaceCount)
  }

  abstract now(): number
  abstract load(word: number): number
  abstract store(word: number, value: number): void
  abstract add(word: number, delta: number): number
  abstract or(word: number, bits: number): number
  abstract and(word: number, bits: number): number
  abstract exchange(word: number, value: number): number
  abstract compareExchange(word: number, expected: number, value: number): number
  abstract fence(): void
  abstract acknowledge(ticket: Ticket): void
  abstract settle(owner: number, serial: number): void
  /**
   * Sends to one target; counting is done here.
   * @param previous the target before it in the same call, a lower one; -1: it is the first
   */
  protected abstract send(target: number, previous: number): void

  get(index: number): number {
    return this.#privates[index]
  }

  set(index: number, value: number): void {
    this.#privates[index] = value
  }

  /** The epoch under which this CPU's TLB holds a space, or 0: it never ran it. */
  epochOf(space: number): number {
    if (space === KERNEL_SPACE) return this.#tlb.epochOf(GLOBAL_TAG)
    const tag = this.#tagOfSpace[space]
    return tag === 0 ? 0 : this.#tlb.epochOf(tag)
  }

  invalidate(space: number, firstPage: number, pageCount: number, stridePages: number): void {
    const epoch = this.epochOf(space)
    let instructions = 0
    for (let page = firstPage; page < firstPage + pageCount; page += stridePages) {
      if (epoch !== 0) this.#tlb.drop(page, epoch)
      instructions++
    }
    this.#structures.empty()
    this.counters[COUNT_PAGES_INVALIDATED] += instructions
    this.meter.charge(COST_INVALIDATE_PAGE, instructions)
  }

  invalidateSpace(space: number): void {
    if (space === KERNEL_SPACE) {
      this.invalidateAll()
      return
    }
    this.#dropSpace(space)
    this.counters[COUNT_FULL_FLUSHES]++
    this.meter.charge(COST_FLUSH_SPACE, 1)
  }

  #dropSpace(space: number): void {
    const tag = this.#tagOfSpace[space]
    if (tag !== 0) this.#tlb.dropTag(tag)
    this.#structures.empty()
  }

  invalidateAll(): void {
    this.#tlb.dropAll()
    this.#structures.empty()
    this.counters[COUNT_FULL_FLUSHES]++
    this.meter.charge(COST_FLUSH_ALL, 1)
  }

  dropOwn(firstPage: number, pageCount: number): void {
    if (this.ownTable === null) throw new Error(NO_OWN_TABLE)
    this.meter.charge(COST_ENTRY_WRITE, this.ownTable.drop(firstPage, pageCount))
  }

  fillPrivately(space: number, page: number, entry: number): void {
    if (this.cell.host.shape.entryCount === undefined) throw new Error(NO_PRIVATE_FILLS)
    const word = wordOfEntry(this.cell.machine.tables, entry)
    this.privateFill?.(page, word, this.epochOf(space))
    // Two loads of a root and a walk of one level: on Ice Lake 547 cycles, where Amit (ATC 2017) says about 550 for all.
    this.meter.charge(COST_FLUSH_SPACE, 2)
    this.meter.charge(COST_WALK_START, 1)
    this.meter.charge(COST_WALK_LEVEL, 1)
  }

  activate(space: number, tag: number, keep: boolean): void {
    // A tag belongs to one space at a time: whoever had it before must not be found under it again.
    for (let other = 0; other < this.#tagOfSpace.length; other++) {
      if (this.#tagOfSpace[other] === tag && other !== space) this.#tagOfSpace[other] = 0
    }
    this.#tagOfSpace[space] = tag
    if (!keep) {
      this.#tlb.dropTag(tag)
      this.#structures.empty()
    }
    this.activeSpace = space
  }

  interruptOne(target: number): void {
    this.counters[COUNT_FLUSH_ROUNDS]++
    this.counters[COUNT_IPIS]++
    this.send(target, -1)
  }

  interruptSet(targets: CpuSet): void {
    let sent = 0
    let previous = -1
    for (let word = 0; word * 32 < this.count; word++) {
      for (let bits = this.#privates[targets + word]; bits !== 0; bits &= bits - 1) {
        const target = word * 32 + (31 - Math.clz32(bits & -bits))
        this.send(target, previous)
        previous = target
        sent++
      }
    }
    this.counters[COUNT_IPIS] += sent
    if (sent > 0) this.counters[COUNT_FLUSH_ROUNDS]++
  }

  interruptAllButSelf(): void {
    let previous = -1
    for (let target = 0; target < this.count; target++) {
      if (target === this.id) continue
      this.send(target, previous)
      previous = target
    }
    this.counters[COUNT_IPIS] += this.count - 1
    if (this.count > 1) this.counters[COUNT_FLUSH_ROUNDS]++
  }

  /** What hardware does on this CPU when somebody's broadcast gets here. */
  dropBroadcast(tag: number, firstPage: number, pageCount: number, stridePages: number): void {
    if (pageCount !== WHOLE_TAG) {
      const epoch = this.#tlb.epochOf(tag)
      for (let page = firstPage; page < firstPage + pageCount; page += stridePages)
        this.#tlb.drop(page, epoch)
    } else if (tag === GLOBAL_TAG) this.#tlb.dropAll()
    else this.#tlb.dropTag(tag)
    this.#structures.empty()
  }

  /** This CPU's part of a drop by hardware. @returns pages that it held */
  dropHere(space: number, firstPage: number, pageCount: number, isWhole: boolean): number {
    const epoch = this.epochOf(space)
    let held = 0
    for (let page = firstPage; page < firstPage + pageCount; page++) {
      if (epoch === 0 || !this.#tlb.holds(page, epoch)) continue
      this.#tlb.drop(page, epoch)
      held++
    }
    if (isWhole) this.#structures.empty()
    return held
  }

  /** This CPU's part of more than it can be told of. */
  dropAllHere(): void {
    this.#tlb.dropAll()
    this.#structures.empty()
  }

  protected countdownOf(cpu: number): number {
    return this.cell.control.countdowns.base + cpu * this.cell.control.countdowns.stride
  }

  arm(count: number): Ticket {
    if (count === 0) return DONE
    const word = this.countdownOf(this.id)
    this.store(word, count)
    return (word << TICKET_SHIFT) | TICKET_ZERO
  }

  /** The CPU whose countdown a ticket of `arm` is. */
  protected ownerOf(ticket: Ticket): number {
    const { countdowns } = this.cell.control
    return ((ticket >> TICKET_SHIFT) - countdowns.base) / countdowns.stride
  }

  zero(word: number): Ticket {
    return (word << TICKET_SHIFT) | TICKET_ZERO
  }

  reached(word: number, value: number): Ticket {
    this.ticketValue = value
    return (word << TICKET_SHIFT) | TICKET_REACHED
  }

  at(timeNs: number): Ticket {
    this.ticketTimeNs = timeNs
    return TICKET_AT
  }

  issued(owner: number): number {
    return this.load(this.cell.machine.issued.base + owner * this.cell.machine.issued.stride)
  }

  settledUpTo(owner: number): number {
    return this.load(this.watermarkOf(owner))
  }

  protected watermarkOf(owner: number): number {
    return this.cell.machine.watermark.base + owner * this.cell.machine.watermark.stride
  }
}

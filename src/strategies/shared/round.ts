import type { CpuSet, Port } from '../../contract/port.js'
import { WORDS_PER_LINE, type MachineShape, type Placed, type WordBlock } from '../../contract/strategy.js'
import { DONE, type Ticket } from '../../contract/ticket.js'
import { Holders, setWords } from './holders.js'
import { wholeLines } from './lines.js'

/**
 * One synchronous round: the initiator publishes what is to be flushed, tells each target by a bit in
 * the target's row who asks, interrupts them, flushes itself while the interrupts travel, and waits
 * for every acknowledgement. Any number of initiators run rounds at the same time; one interrupt
 * serves all whose bits are set.
 *
 * The order in the handler is: take the bits, flush, acknowledge. Acknowledged first, the initiator
 * would free the frame while this CPU can still reach it. The bits may be taken before the flush,
 * because it is the countdown, not the bit, that the initiator waits for.
 */
export const SPACE = 0
export const FIRST = 1
export const COUNT = 2
export const STRIDE = 3
/** What a target answers with: the ticket that it acknowledges. */
export const TICKET = 4
/** First word of a request that a variant of the round may use for itself. */
export const SPARE = 5

/** Page count that means everything of the space. */
export const WHOLE_SPACE = -1

export function roundBlocks(shape: MachineShape): { request: WordBlock; row: WordBlock } {
  const rowWords = wholeLines(setWords(shape.cpuCount))
  return {
    request: { count: shape.cpuCount, stride: WORDS_PER_LINE },
    row: { count: shape.cpuCount, stride: rowWords },
  }
}

export class Round {
  protected readonly request: Placed
  protected readonly row: Placed
  protected readonly holders: Holders
  protected readonly targets: number
  protected readonly words: number

  /** @param targets first of `setWords(cpuCount)` private words for the set of CPUs to interrupt */
  constructor(request: Placed, row: Placed, holders: Holders, targets: number, cpuCount: number) {
    this.request = request
    this.row = row
    this.holders = holders
    this.targets = targets
    this.words = setWords(cpuCount)
  }

  /**
   * Flushes a range of a space on this CPU and on all that may hold it: every CPU for KERNEL_SPACE.
   * @param pageCount 4 KiB pages, or WHOLE_SPACE
   */
  start(cpu: Port, space: number, firstPage: number, pageCount: number, stride: number): Ticket {
    const ticket = this.tell(cpu, this.findTargets(cpu, space), space, firstPage, pageCount, stride)
    this.flushHere(cpu, space, firstPage, pageCount, stride)
    return ticket
  }

  /** The ticket of `start`, or of this, is satisfied: what else is waited for. A countdown is for all targets at once. */
  next(_cpu: Port): Ticket {
    return DONE
  }

  /** Puts the CPUs that may hold the space into the private set; how many. */
  protected findTargets(cpu: Port, space: number): number {
    return this.holders.targets(cpu, space, this.targets)
  }

  protected tell(
    cpu: Port,
    count: number,
    space: number,
    firstPage: number,
    pageCount: number,
    stride: number,
  ): Ticket {
    const ticket = cpu.arm(count)
    if (count === 0) return ticket
    this.publish(cpu, space, firstPage, pageCount, stride, ticket)
    this.ask(cpu)
    cpu.interruptSet(this.targets)
    return ticket
  }

  protected flushHere(cpu: Port, space: number, firstPage: number, pageCount: number, stride: number): void {
    flush(cpu, space, firstPage, pageCount, stride)
  }

  /** The request is complete before the first target can see this CPU's bit in its row. */
  protected publish(
    cpu: Port,
    space: number,
    firstPage: number,
    pageCount: number,
    stride: number,
    ticket: Ticket,
  ): void {
    const at = this.request.base + cpu.id * this.request.stride
    cpu.store(at + SPACE, space)
    cpu.store(at + FIRST, firstPage)
    cpu.store(at + COUNT, pageCount)
    cpu.store(at + STRIDE, stride)
    cpu.store(at + TICKET, ticket)
  }

  protected ask(cpu: Port): void {
    askTargets(cpu, this.targets, this.words, this.row)
  }

  /** In the interrupt handler: serves every initiator that asks, none if the interrupt was spurious. */
  serve(cpu: Port): void {
    const row = this.row.base + cpu.id * this.row.stride
    for (let word = 0; word < this.words; word++) {
      for (let bits = cpu.exchange(row + word, 0); bits !== 0; bits &= bits - 1) {
        this.serveOne(cpu, word * 32 + (31 - Math.clz32(bits & -bits)))
      }
    }
  }

  protected serveOne(cpu: Port, initiator: number): void {
    this.flushAsked(cpu, initiator)
    this.acknowledge(cpu, initiator)
  }

  protected flushAsked(cpu: Port, initiator: number): void {
    const at = this.requestOf(initiator)
    flush(cpu, cpu.load(at + SPACE), cpu.load(at + FIRST), cpu.load(at + COUNT), cpu.load(at + STRIDE))
  }

  protected acknowledge(cpu: Port, initiator: number): void {
    cpu.acknowledge(cpu.load(this.requestOf(initiator) + TICKET))
  }

  protected requestOf(initiator: number): number {
    return this.request.base + initiator * this.request.stride
  }
}

export function flush(cpu: Port, space: number, firstPage: number, pageCount: number, stride: number): void {
  if (pageCount === WHOLE_SPACE) cpu.invalidateSpace(space)
  else cpu.invalidate(space, firstPage, pageCount, stride)
}

/** Sets this CPU's bit in the row of each CPU of a set of so many private words. */
export function askTargets(cpu: Port, set: CpuSet, words: number, row: Placed): void {
  const bit = 1 << (cpu.id & 31)
  for (let word = 0; word < words; word++) {
    for (let bits = cpu.get(set + word); bits !== 0; bits &= bits - 1) {
      const target = word * 32 + (31 - Math.clz32(bits & -bits))
      cpu.or(row.base + target * row.stride + (cpu.id >>> 5), bit)
    }
  }
}

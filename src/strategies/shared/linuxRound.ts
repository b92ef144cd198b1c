import { reachedSerial } from '../../contract/change.js'
import { KERNEL_SPACE } from '../../contract/page.js'
import type { Port } from '../../contract/port.js'
import { type MachineShape, type Placed, type WordBlock } from '../../contract/strategy.js'
import type { Ticket } from '../../contract/ticket.js'
import { setWords } from './holders.js'
import { COUNT, FIRST, flush, Round, roundBlocks, SPACE, SPARE, WHOLE_SPACE } from './round.js'
import type { TagSlots } from './tagSlots.js'
import { wholeLines } from './lines.js'

/** Words of a request beyond those of any round: the generation that it made, and whether it may be acknowledged early. */
const GENERATION = SPARE
const IS_EARLY = SPARE + 1

/** As any round's, with a word more behind the bits of a row: the queue is not empty. */
export function linuxRoundBlocks(shape: MachineShape): { request: WordBlock; row: WordBlock } {
  const rowWords = setWords(shape.cpuCount) + 1
  return {
    request: roundBlocks(shape).request,
    row: { count: shape.cpuCount, stride: wholeLines(rowWords) },
  }
}

/**
 * A round whose requests carry the generation that they made. Kernel mappings have none: every CPU
 * has them at all times, so nobody ever has to catch up.
 *
 * The initiator raises the generation, a full barrier, and THEN reads who holds the space and who is
 * lazy. Who enters the space publishes its bit and THEN reads the generation; who wakes takes its lazy
 * flag away and THEN reads it. So either the initiator sees the bit, or no flag, and interrupts; or its
 * generation is seen there. With either pair turned round both can miss each other.
 */
export class LinuxRound extends Round {
  /** Set by the strategy that makes both, like what follows. */
  slots!: TagSlots
  /** A word for each CPU: it has nothing to run. */
  lazy!: Placed
  /** Private word: walks count in what is to be flushed, so that lazy CPUs do too. */
  walks = 0
  isConcurrent = true
  acknowledgesEarly = false
  trims = false

  override start(cpu: Port, space: number, firstPage: number, pageCount: number, stride: number): Ticket {
    if (space === KERNEL_SPACE) return super.start(cpu, space, firstPage, pageCount, stride)
    const generation = this.slots.raise(cpu, space)
    cpu.store(this.requestOf(cpu.id) + GENERATION, generation)
    if (!this.isConcurrent) this.carryOut(cpu, space, firstPage, pageCount, generation)
    const ticket = this.tell(cpu, this.findTargets(cpu, space), space, firstPage, pageCount, stride)
    if (this.isConcurrent) this.carryOut(cpu, space, firstPage, pageCount, generation)
    return ticket
  }

  protected override findTargets(cpu: Port, space: number): number {
    const count = super.findTargets(cpu, space)
    return space === KERNEL_SPACE ? count : count - this.leaveOut(cpu)
  }

  /** @returns how many of the targets were */
  protected leaveOut(cpu: Port): number {
    let count = 0
    for (let word = 0; word < this.words; word++) {
      for (let bits = cpu.get(this.targets + word); bits !== 0; bits &= bits - 1) {
        const bit = bits & -bits
        if (!this.isLeftOut(cpu, word * 32 + (31 - Math.clz32(bit)))) continue
        cpu.set(this.targets + word, cpu.get(this.targets + word) & ~bit)
        count++
      }
    }
    return count
  }

  /** Lazy CPUs use no user translation: they are left out, and compare generations when they wake. */
  protected isLeftOut(cpu: Port, target: number): boolean {
    return cpu.get(this.walks) === 0 && cpu.load(this.lazyOf(target)) !== 0
  }

  lazyOf(cpu: number): number {
    return this.lazy.base + cpu * this.lazy.stride
  }

  protected override publish(
    cpu: Port,
    space: number,
    firstPage: number,
    pageCount: number,
    stride: number,
    ticket: Ticket,
  ): void {
    const isEarly = space !== KERNEL_SPACE && cpu.get(this.walks) === 0
    if (this.acknowledgesEarly) cpu.store(this.requestOf(cpu.id) + IS_EARLY, isEarly ? 1 : 0)
    super.publish(cpu, space, firstPage, pageCount, stride, ticket)
  }

  protected flagOf(target: number): number {
    return this.row.base + target * this.row.stride + this.words
  }

  /** Only who finds a queue empty interrupts: whoever made it so has not been looked at yet, and its interrupt is on its way. */
  protected override ask(cpu: Port): void {
    const own = 1 << (cpu.id & 31)
    for (let word = 0; word < this.words; word++) {
      for (let bits = cpu.get(this.targets + word); bits !== 0; bits &= bits - 1) {
        const bit = bits & -bits
        const target = word * 32 + (31 - Math.clz32(bit))
        cpu.or(this.row.base + target * this.row.stride + (cpu.id >>> 5), own)
        if (cpu.exchange(this.flagOf(target), 1) !== 0)
          cpu.set(this.targets + word, cpu.get(this.targets + word) & ~bit)
      }
    }
  }

  override serve(cpu: Port): void {
    this.emptyQueue(cpu)
    super.serve(cpu)
  }

  /** Before the bits are taken, an exchange: whoever adds in between interrupts once more. */
  protected emptyQueue(cpu: Port): void {
    cpu.store(this.flagOf(cpu.id), 0)
  }

  protected override serveOne(cpu: Port, initiator: number): void {
    const at = this.requestOf(initiator)
    if (!this.acknowledgesEarly || cpu.load(at + IS_EARLY) === 0) {
      super.serveOne(cpu, initiator)
      return
    }
    // All of it is read first: who is acknowledged may write its next request.
    const space = cpu.load(at + SPACE)
    const first = cpu.load(at + FIRST)
    const pages = cpu.load(at + COUNT)
    const generation = cpu.load(at + GENERATION)
    this.acknowledge(cpu, initiator)
    this.answerAcknowledged(cpu, space, first, pages, generation)
  }

  /** Nobody waits for it any more, but this CPU's next step in user mode does. */
  protected answerAcknowledged(
    cpu: Port,
    space: number,
    first: number,
    pages: number,
    generation: number,
  ): void {
    this.answer(cpu, space, first, pages, generation)
  }

  protected override flushAsked(cpu: Port, initiator: number): void {
    const at = this.requestOf(initiator)
    const space = cpu.load(at + SPACE)
    if (space === KERNEL_SPACE) super.flushAsked(cpu, initiator)
    else this.answer(cpu, space, cpu.load(at + FIRST), cpu.load(at + COUNT), cpu.load(at + GENERATION))
  }

  protected answer(cpu: Port, space: number, first: number, pages: number, generation: number): void {
    if (this.trims && this.slots.loaded(cpu) !== space) this.holders.leave(cpu, space)
    this.carryOut(cpu, space, first, pages, generation)
  }

  protected carryOut(cpu: Port, space: number, first: number, pages: number, generation: number): void {
    const { slots } = this
    // Left meanwhile: the next switch to the space compares.
    if (slots.loaded(cpu) !== space) return
    const seen = slots.seen(cpu)
    if (reachedSerial(seen, generation)) return
    // Read late: requests that are still on their way become no-ops.
    const current = slots.current(cpu, space)
    const isPartial = pages !== WHOLE_SPACE && this.mayBePartial(seen, generation, current)
    flush(cpu, space, first, isPartial ? pages : WHOLE_SPACE, 1)
    slots.note(cpu, current)
  }

  /** Only the very next one, and the newest: any gap is a range that this request does not name. */
  protected mayBePartial(seen: number, generation: number, current: number): boolean {
    return generation === ((seen + 1) | 0) && generation === current
  }

  /** Flushes what is loaded if it is behind: ranges are not known any more. */
  catchUp(cpu: Port): void {
    const { slots } = this
    const space = slots.loaded(cpu)
    if (space === KERNEL_SPACE) return
    const current = slots.current(cpu, space)
    if (slots.seen(cpu) === current) return
    cpu.invalidateSpace(space)
    slots.note(cpu, current)
  }
}

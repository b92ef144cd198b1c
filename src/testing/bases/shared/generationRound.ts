import { reachedSerial } from '../../../contract/change.js'
import { KERNEL_SPACE } from '../../../contract/page.js'
import type { Port } from '../../../contract/port.js'
import type { Placed } from '../../../contract/strategy.js'
import type { Ticket } from '../../../contract/ticket.js'
import { COUNT, FIRST, flush, Round, SPACE, SPARE, WHOLE_SPACE } from '../../../strategies/shared/round.js'

/** How many flushes each space has seen, and up to which of them this CPU has carried them out. */
export class Generations {
  protected readonly placed: Placed
  protected readonly seenAt: number
  protected readonly loadedAt: number

  constructor(placed: Placed, seenAt: number, loadedAt: number) {
    this.placed = placed
    this.seenAt = seenAt
    this.loadedAt = loadedAt
  }

  current(cpu: Port, space: number): number {
    return cpu.load(this.placed.base + space * this.placed.stride)
  }

  /** A full barrier: the new count is there before the bits of the holders are read. */
  raise(cpu: Port, space: number): number {
    return (cpu.add(this.placed.base + space * this.placed.stride, 1) + 1) | 0
  }

  seen(cpu: Port, space: number): number {
    return cpu.get(this.seenAt + space)
  }

  note(cpu: Port, space: number, generation: number): void {
    cpu.set(this.seenAt + space, generation)
  }

  loaded(cpu: Port): number {
    return cpu.get(this.loadedAt)
  }

  setLoaded(cpu: Port, space: number): void {
    cpu.set(this.loadedAt, space)
  }
}

/**
 * A round whose requests carry the generation that they made. Kernel mappings have none: every CPU
 * has them at all times, so nobody ever has to catch up.
 */
export class GenerationRound extends Round {
  /** Set by the strategy that makes both. */
  generations!: Generations

  override start(cpu: Port, space: number, firstPage: number, pageCount: number, stride: number): Ticket {
    if (space === KERNEL_SPACE) return super.start(cpu, space, firstPage, pageCount, stride)
    const generation = this.generations.raise(cpu, space)
    cpu.store(this.requestOf(cpu.id) + SPARE, generation)
    const ticket = this.tell(cpu, this.findTargets(cpu, space), space, firstPage, pageCount, stride)
    this.carryOut(cpu, space, firstPage, pageCount, generation)
    return ticket
  }

  protected override flushAsked(cpu: Port, initiator: number): void {
    const at = this.requestOf(initiator)
    const space = cpu.load(at + SPACE)
    if (space === KERNEL_SPACE) super.flushAsked(cpu, initiator)
    else this.carryOut(cpu, space, cpu.load(at + FIRST), cpu.load(at + COUNT), cpu.load(at + SPARE))
  }

  protected carryOut(cpu: Port, space: number, first: number, pages: number, generation: number): void {
    const { generations } = this
    // Left meanwhile: the next switch to the space compares.
    if (generations.loaded(cpu) !== space) return
    const seen = generations.seen(cpu, space)
    if (reachedSerial(seen, generation)) return
    // Read late: requests that are still on their way become no-ops.
    const current = generations.current(cpu, space)
    const isPartial = pages !== WHOLE_SPACE && this.mayBePartial(seen, generation, current)
    flush(cpu, space, first, isPartial ? pages : WHOLE_SPACE, 1)
    generations.note(cpu, space, current)
  }

  /** Only the very next one, and the newest: any gap is a range that this request does not name. */
  protected mayBePartial(seen: number, generation: number, current: number): boolean {
    return generation === ((seen + 1) | 0) && generation === current
  }
}

import { KERNEL_SPACE } from '../../contract/page.js'
import type { Port } from '../../contract/port.js'
import type { Placed } from '../../contract/strategy.js'
import { DONE, type Ticket } from '../../contract/ticket.js'
import { Round, WHOLE_SPACE } from './round.js'

/**
 * Xen's flush clock: a CPU's time is the tick of its last complete flush. 0 on the clock: it is
 * wrapping. The word holds the time less one, because words begin as 0 and the clock begins at 1.
 */
const CLOCK = 0
/** CPUs that have not flushed since the clock began to wrap. */
const LEFT = 1
/** Beside each CPU's time: it has to flush before the clock can go on. */
const WRAP_ASKED = 1

export class FlushClock {
  protected readonly clock: Placed
  protected readonly time: Placed
  protected readonly limit: number

  /** @param limit ticks after which the clock wraps */
  constructor(clock: Placed, time: Placed, limit: number) {
    this.clock = clock
    this.time = time
    this.limit = limit
  }

  protected word(index: number): number {
    return this.clock.base + index * this.clock.stride
  }

  now(cpu: Port): number {
    return cpu.load(this.word(CLOCK)) + 1
  }

  /**
   * Ticks BEFORE the flush and notes the tick AFTER it. A stamp that is read in between equals the
   * tick, and its entry may have been cached by what this CPU does before the flush: hence `<=`.
   */
  flush(cpu: Port): void {
    const tick = this.tick(cpu)
    cpu.invalidateAll()
    this.note(cpu, tick)
    if (tick === 0) this.passWrap(cpu)
  }

  protected note(cpu: Port, tick: number): void {
    cpu.store(this.timeOf(cpu.id), tick)
  }

  protected timeOf(target: number): number {
    return this.time.base + target * this.time.stride
  }

  /**
   * Tries once. Who is beaten takes the tick of the winner: the clock showed it before this flush
   * began, and that is all that a time claims. It cannot have wrapped meanwhile, because that takes
   * this CPU's own flush.
   * @returns a time that the clock has reached; 0 while it stands still for its wrap
   */
  protected tick(cpu: Port): number {
    const now = this.now(cpu)
    if (now === 0) return 0
    const next = now + 1 === this.limit ? 0 : now + 1
    const found = cpu.compareExchange(this.word(CLOCK), now - 1, next - 1) + 1
    if (found !== now) return found
    if (next === 0) this.wrap(cpu)
    return next
  }

  /** All old stamps lose their meaning, so every CPU flushes once before the clock goes on at 1. */
  protected wrap(cpu: Port): void {
    cpu.store(this.word(LEFT), cpu.count)
    for (let target = 0; target < cpu.count; target++) cpu.store(this.timeOf(target) + WRAP_ASKED, 1)
    cpu.interruptAllButSelf()
  }

  /** In the handler, and for the CPU itself after its flush. */
  passWrap(cpu: Port): void {
    if (cpu.exchange(this.timeOf(cpu.id) + WRAP_ASKED, 0) === 0) return
    cpu.invalidateAll()
    this.note(cpu, 0)
    if (cpu.add(this.word(LEFT), -1) === 1) cpu.store(this.word(CLOCK), 0)
  }

  /** May `target` still cache what was emptied at `stamp`? */
  needsFlush(cpu: Port, target: number, stamp: number): boolean {
    const now = this.now(cpu)
    if (now === 0) return true
    const time = cpu.load(this.timeOf(target))
    return this.isOlder(time, stamp) && stamp <= now
  }

  protected isOlder(time: number, stamp: number): boolean {
    return time <= stamp
  }
}

/** Flushes everything, and only on CPUs that have not flushed since a stamp. */
export class StampRound extends Round {
  /** Set by the strategy that makes both. */
  clock!: FlushClock

  /** Of the CPUs that may hold the space, those that need it for the stamp; they are added to what the set had. */
  filter(cpu: Port, space: number, stamp: number, into: number): void {
    this.findTargets(cpu, space)
    for (let target = 0; target < cpu.count; target++) {
      const word = target >>> 5
      const bit = 1 << (target & 31)
      const isAsked = target === cpu.id || (cpu.get(this.targets + word) & bit) !== 0
      if (isAsked && this.clock.needsFlush(cpu, target, stamp))
        cpu.set(into + word, cpu.get(into + word) | bit)
    }
  }

  /** @param set private words, as many as a set of CPUs has; it may contain this CPU */
  startFor(cpu: Port, set: number): Ticket {
    let count = 0
    let isOwn = false
    for (let target = 0; target < cpu.count; target++) {
      const word = target >>> 5
      const bit = 1 << (target & 31)
      if ((target & 31) === 0) cpu.set(this.targets + word, 0)
      if ((cpu.get(set + word) & bit) === 0) continue
      if (target === cpu.id) isOwn = true
      else {
        cpu.set(this.targets + word, cpu.get(this.targets + word) | bit)
        count++
      }
    }
    const ticket = count === 0 ? DONE : this.tell(cpu, count, KERNEL_SPACE, 0, WHOLE_SPACE, 1)
    if (isOwn) this.clock.flush(cpu)
    return ticket
  }

  protected override flushAsked(cpu: Port): void {
    this.clock.flush(cpu)
  }
}

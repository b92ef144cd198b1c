import { reachedSerial } from '../../contract/change.js'
import type { Port } from '../../contract/port.js'
import { LinuxRound } from './linuxRound.js'
import { flush, WHOLE_SPACE } from './round.js'

/** Private words: what is left to the return to user code. OLDEST and NEWEST are generations; all between them are in it. */
export const IS_PENDING = 0
const SPACE = 1
export const FIRST = 2
export const PAGES = 3
const OLDEST = 4
const NEWEST = 5
export const IN_CONTEXT_PRIVATES = 6

/**
 * In-context flushes: a handler acknowledges and only notes what it was asked for; the CPU flushes as the last thing
 * before it runs user code again. In the kernel it uses no user translation, so what comes meanwhile is merged into one
 * flush. What counts for walks, and kernel mappings, are flushed in the handler and acknowledged after it.
 */
export class InContextRound extends LinuxRound {
  /** Set by the strategy: first of IN_CONTEXT_PRIVATES private words, and the pages above which it is the whole space. */
  deferred = 0
  ceiling = 0

  protected override answerAcknowledged(
    cpu: Port,
    space: number,
    first: number,
    pages: number,
    generation: number,
  ): void {
    // Not loaded: there is nothing to flush, now or later.
    if (this.slots.loaded(cpu) === space) this.merge(cpu, space, first, pages, generation)
    else this.answer(cpu, space, first, pages, generation)
  }

  protected merge(cpu: Port, space: number, first: number, pages: number, generation: number): void {
    const at = this.deferred
    const isFirst = cpu.get(at + IS_PENDING) === 0 || cpu.get(at + SPACE) !== space
    // A gap is a range that nobody has named here; it may come yet, and would be lost then.
    const isNext = isFirst || generation === ((cpu.get(at + NEWEST) + 1) | 0)
    const isWhole = !isNext || pages === WHOLE_SPACE || (!isFirst && cpu.get(at + PAGES) === WHOLE_SPACE)
    const from = isFirst ? first : Math.min(first, cpu.get(at + FIRST))
    const end = isFirst ? first + pages : Math.max(first + pages, cpu.get(at + FIRST) + cpu.get(at + PAGES))
    cpu.set(at + IS_PENDING, 1)
    cpu.set(at + SPACE, space)
    cpu.set(at + FIRST, from)
    cpu.set(at + PAGES, isWhole || end - from > this.ceiling ? WHOLE_SPACE : end - from)
    if (isFirst) cpu.set(at + OLDEST, generation)
    if (isFirst || reachedSerial(generation, cpu.get(at + NEWEST))) cpu.set(at + NEWEST, generation)
  }

  /** The last thing before user code. A space that was left meanwhile is behind its generation, and flushed when it is loaded. */
  returnToUser(cpu: Port): void {
    const at = this.deferred
    if (cpu.get(at + IS_PENDING) === 0) return
    cpu.set(at + IS_PENDING, 0)
    const { slots } = this
    const space = cpu.get(at + SPACE)
    const seen = slots.seen(cpu)
    if (slots.loaded(cpu) !== space || reachedSerial(seen, cpu.get(at + NEWEST))) return
    const current = slots.current(cpu, space)
    const isPartial = cpu.get(at + OLDEST) === ((seen + 1) | 0) && cpu.get(at + NEWEST) === current
    flush(cpu, space, cpu.get(at + FIRST), isPartial ? cpu.get(at + PAGES) : WHOLE_SPACE, 1)
    slots.note(cpu, current)
  }
}

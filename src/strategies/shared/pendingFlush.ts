import { reachedSerial } from '../../contract/change.js'
import type { CpuSet, Port } from '../../contract/port.js'
import { WORDS_PER_LINE, type MachineShape, type Placed, type WordBlock } from '../../contract/strategy.js'
import { DONE, type Ticket } from '../../contract/ticket.js'
import { setWords, type Holders } from './holders.js'
import { wholeLines } from './lines.js'

export type PendingWords = 'flushState' | 'flushSet' | 'flushAsked'

export function pendingBlocks({ cpuCount }: MachineShape): Record<PendingWords, WordBlock> {
  return {
    flushState: { count: 2, stride: WORDS_PER_LINE },
    flushSet: { count: 1, stride: wholeLines(setWords(cpuCount)) },
    flushAsked: { count: cpuCount, stride: WORDS_PER_LINE },
  }
}

/** Twice the generation that is open, plus one while the one before it is being flushed. */
const STATE = 0
/** CPUs of that flush that have not flushed yet. */
const LEFT = 1

/**
 * One flush for all that is pending, of any CPU. What is put off belongs to the generation that is
 * open; a flush closes it, and when it is complete everything of that generation and of all earlier
 * ones is gone from every TLB. There is one flush at a time, and its last acknowledger ends it, so
 * whoever waits for it waits for handlers only.
 *
 * Putting off: add the CPUs, THEN read the generation. Flushing: close the generation, THEN take the
 * CPUs. So what was counted to a generation has its CPUs in the set that is taken. The other way round
 * a CPU could be added after the set was taken, under the number that this flush is about to claim.
 */
export class PendingFlush {
  readonly #state: Placed
  readonly #set: Placed
  readonly #asked: Placed
  readonly #targets: CpuSet
  readonly #words: number

  /** @param targets first of `setWords(cpuCount)` private words */
  constructor(placed: Readonly<Record<PendingWords, Placed>>, targets: CpuSet, cpuCount: number) {
    this.#state = placed.flushState
    this.#set = placed.flushSet
    this.#asked = placed.flushAsked
    this.#targets = targets
    this.#words = setWords(cpuCount)
  }

  #load(cpu: Port): number {
    return cpu.load(this.#state.base + STATE)
  }

  /** @returns the generation that it belongs to */
  putOff(cpu: Port, holders: Holders, space: number): number {
    holders.others(cpu, space, this.#targets)
    for (let word = 0; word < this.#words; word++) {
      let bits = cpu.get(this.#targets + word)
      if (word === cpu.id >>> 5) bits |= 1 << (cpu.id & 31)
      const at = this.#set.base + word
      // Who sees them there has seen them before a flush takes them, and reads the generation after that.
      if ((bits & ~cpu.load(at)) !== 0) cpu.or(at, bits)
    }
    return (this.#load(cpu) + 1) >> 1
  }

  /** The newest generation of which nothing is left. */
  done(cpu: Port): number {
    return (this.#load(cpu) >> 1) - 1
  }

  /** The one that what is put off now belongs to. */
  open(cpu: Port): number {
    return (this.#load(cpu) + 1) >> 1
  }

  /**
   * Flushes until a generation is done; called again when the ticket is satisfied.
   * @param generation not after the open one
   */
  flushUpTo(cpu: Port, generation: number): Ticket {
    const end = (generation + 1) << 1
    const before = this.#load(cpu)
    if (reachedSerial(before, end)) return DONE
    const closed = before | 1
    if (before !== closed && cpu.compareExchange(this.#state.base + STATE, before, closed) === before) {
      this.#start(cpu)
      if (reachedSerial(this.#load(cpu), end)) return DONE
    }
    return cpu.reached(this.#state.base + STATE, (closed + 1) | 0)
  }

  /** This CPU has closed the generation. It counts as one of those that flush, or the others could end it before this one has. */
  #start(cpu: Port): void {
    let left = 1
    let isOwn = false
    for (let word = 0; word < this.#words; word++) {
      const own = word === cpu.id >>> 5 ? 1 << (cpu.id & 31) : 0
      const taken = cpu.exchange(this.#set.base + word, 0)
      isOwn ||= (taken & own) !== 0
      cpu.set(this.#targets + word, taken & ~own)
      for (let bits = taken & ~own; bits !== 0; bits &= bits - 1) left++
    }
    cpu.store(this.#state.base + LEFT * this.#state.stride, left)
    if (left > 1) this.#ask(cpu)
    if (isOwn) cpu.invalidateAll()
    this.#count(cpu)
  }

  #ask(cpu: Port): void {
    for (let word = 0; word < this.#words; word++) {
      for (let bits = cpu.get(this.#targets + word); bits !== 0; bits &= bits - 1) {
        const target = word * 32 + (31 - Math.clz32(bits & -bits))
        cpu.store(this.#asked.base + target * this.#asked.stride, 1)
      }
    }
    cpu.interruptSet(this.#targets)
  }

  /** In the handler: flush, then count down. */
  serve(cpu: Port): void {
    if (cpu.exchange(this.#asked.base + cpu.id * this.#asked.stride, 0) === 0) return
    cpu.invalidateAll()
    this.#count(cpu)
  }

  #count(cpu: Port): void {
    if (cpu.add(this.#state.base + LEFT * this.#state.stride, -1) === 1) cpu.add(this.#state.base + STATE, 1)
  }
}

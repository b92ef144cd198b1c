import type { Port } from '../../contract/port.js'
import { WORDS_PER_LINE } from '../../contract/strategy.js'
import { AGAIN, DONE, type Ticket } from '../../contract/ticket.js'
import { setWords } from './holders.js'
import { flush, Round, WHOLE_SPACE } from './round.js'
import { wholeLines } from './lines.js'

/** A queue: whoever changes anything in it has the lock, its own CPU too, because requests are merged in place. */
const LOCK = 0
/** Numbers of slots, modulo twice the slots there are: equal when it is empty, as far apart as can be when it is full. */
const HEAD = 1
const TAIL = 2
const SLOTS_AT = WORDS_PER_LINE

/** A request, in a slot and in private words. */
const SPACE = 0
const FIRST = 1
const PAGES = 2
export const RANGE_WORDS = 3
/** In a slot only: a set of CPUs. */
const SENDERS = RANGE_WORDS

/**
 * A queue of requests for each CPU (its `row`), and for each sender how many of its requests are not
 * served (its `request`). A request that fits one which is waiting already is merged with it: one flush
 * then answers several senders. A sender that finds a queue full, or locked, comes back, taking
 * interrupts meanwhile, so that two senders with full queues drain each other.
 */
export class MergingFifos extends Round {
  static slotWords(cpuCount: number): number {
    return SENDERS + setWords(cpuCount)
  }

  static wordsPerCpu(slots: number, cpuCount: number): number {
    const words = SLOTS_AT + slots * MergingFifos.slotWords(cpuCount)
    return wholeLines(words)
  }

  slots = 0
  /** Private words: the request that is being sent, and the slot that is being served. */
  sent = 0
  taken = 0

  override start(cpu: Port, space: number, firstPage: number, pageCount: number): Ticket {
    const count = this.findTargets(cpu, space)
    cpu.set(this.sent + SPACE, space)
    cpu.set(this.sent + FIRST, firstPage)
    cpu.set(this.sent + PAGES, pageCount)
    // Before anybody can answer.
    if (count > 0) cpu.store(this.leftOf(cpu.id), count)
    const isSent = this.send(cpu)
    flush(cpu, space, firstPage, pageCount, 1)
    if (count === 0) return DONE
    return isSent ? this.untilAnswered(cpu) : AGAIN
  }

  override next(cpu: Port): Ticket {
    return this.send(cpu) ? this.untilAnswered(cpu) : AGAIN
  }

  protected untilAnswered(cpu: Port): Ticket {
    const left = this.leftOf(cpu.id)
    return cpu.load(left) === 0 ? DONE : cpu.zero(left)
  }

  /** Some of the targets do not have the request yet. */
  isSending(cpu: Port): boolean {
    let left = 0
    for (let word = 0; word < this.words; word++) left |= cpu.get(this.targets + word)
    return left !== 0
  }

  /** To every target that still stands in the set. false: some stand there yet. */
  protected send(cpu: Port): boolean {
    for (let word = 0; word < this.words; word++) {
      for (let bits = cpu.get(this.targets + word); bits !== 0; bits &= bits - 1) {
        const bit = bits & -bits
        const target = word * 32 + (31 - Math.clz32(bit))
        if (!this.put(cpu, target)) continue
        cpu.set(this.targets + word, cpu.get(this.targets + word) & ~bit)
        cpu.interruptOne(target)
      }
    }
    return !this.isSending(cpu)
  }

  /** @returns false: the queue is full or somebody else is at it, and nothing was changed */
  protected put(cpu: Port, target: number): boolean {
    const queue = this.queueOf(target)
    if (cpu.compareExchange(queue + LOCK, 0, 1) !== 0) return false
    const isIn = this.merge(cpu, queue) || this.append(cpu, queue)
    cpu.store(queue + LOCK, 0)
    return isIn
  }

  /** Into a waiting request that contains the new one, or that the new one contains. false: there is none. */
  protected merge(cpu: Port, queue: number): boolean {
    const space = cpu.get(this.sent + SPACE)
    const first = cpu.get(this.sent + FIRST)
    const pages = cpu.get(this.sent + PAGES)
    const head = cpu.load(queue + HEAD)
    for (let index = cpu.load(queue + TAIL); index !== head; index = this.#after(index)) {
      const at = this.slotAt(queue, index)
      if (cpu.load(at + SPACE) !== space) continue
      const waitingFirst = cpu.load(at + FIRST)
      const waitingPages = cpu.load(at + PAGES)
      if (!contains(waitingFirst, waitingPages, first, pages)) {
        if (!contains(first, pages, waitingFirst, waitingPages)) continue
        cpu.store(at + FIRST, first)
        cpu.store(at + PAGES, pages)
      }
      const senders = at + SENDERS + (cpu.id >>> 5)
      cpu.store(senders, cpu.load(senders) | (1 << (cpu.id & 31)))
      return true
    }
    return false
  }

  /** The slot is complete before the head shows it. */
  protected append(cpu: Port, queue: number): boolean {
    const head = cpu.load(queue + HEAD)
    if (this.isFull(head, cpu.load(queue + TAIL))) return false
    const at = this.slotAt(queue, head)
    for (let word = 0; word < RANGE_WORDS; word++) cpu.store(at + word, cpu.get(this.sent + word))
    for (let word = 0; word < this.words; word++)
      cpu.store(at + SENDERS + word, word === cpu.id >>> 5 ? 1 << (cpu.id & 31) : 0)
    cpu.store(queue + HEAD, this.#after(head))
    return true
  }

  protected isFull(head: number, tail: number): boolean {
    return Math.abs(head - tail) === this.slots
  }

  #after(index: number): number {
    return (index + 1) % (2 * this.slots)
  }

  /**
   * The handler. false: somebody is at the queue, call it again. A queue's worth of requests at most:
   * what comes meanwhile has an interrupt of its own.
   */
  tryToServe(cpu: Port): boolean {
    const queue = this.queueOf(cpu.id)
    for (let served = 0; served < this.slots; served++) {
      const tail = cpu.load(queue + TAIL)
      if (tail === cpu.load(queue + HEAD)) return true
      if (cpu.compareExchange(queue + LOCK, 0, 1) !== 0) return false
      this.take(cpu, queue, tail)
      cpu.store(queue + LOCK, 0)
      this.carryOut(cpu, queue, tail)
    }
    return true
  }

  /** With the lock held: nobody is merged into a request that has been read. */
  protected take(cpu: Port, queue: number, tail: number): void {
    this.read(cpu, queue, tail)
    this.free(cpu, queue, tail)
  }

  protected read(cpu: Port, queue: number, tail: number): void {
    const at = this.slotAt(queue, tail)
    for (let word = 0; word < SENDERS + this.words; word++) cpu.set(this.taken + word, cpu.load(at + word))
  }

  protected free(cpu: Port, queue: number, tail: number): void {
    cpu.store(queue + TAIL, this.#after(tail))
  }

  /** What was taken, then the answers. */
  protected carryOut(cpu: Port, _queue: number, _tail: number): void {
    const { taken } = this
    flush(cpu, cpu.get(taken + SPACE), cpu.get(taken + FIRST), cpu.get(taken + PAGES), 1)
    for (let word = 0; word < this.words; word++) {
      for (let bits = cpu.get(taken + SENDERS + word); bits !== 0; bits &= bits - 1)
        cpu.add(this.leftOf(word * 32 + (31 - Math.clz32(bits & -bits))), -1)
    }
  }

  protected leftOf(sender: number): number {
    return this.requestOf(sender)
  }

  protected queueOf(target: number): number {
    return this.row.base + target * this.row.stride
  }

  protected slotAt(queue: number, index: number): number {
    return queue + SLOTS_AT + (index % this.slots) * (SENDERS + this.words)
  }
}

/** Of one space. */
function contains(first: number, pages: number, otherFirst: number, otherPages: number): boolean {
  if (pages === WHOLE_SPACE) return true
  return otherPages !== WHOLE_SPACE && first <= otherFirst && otherFirst + otherPages <= first + pages
}

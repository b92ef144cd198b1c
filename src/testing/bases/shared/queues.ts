import type { Port } from '../../../contract/port.js'
import { WORDS_PER_LINE, type Placed } from '../../../contract/strategy.js'
import { flush } from '../../../strategies/shared/round.js'

/** Producers hold the lock; the consumer is the CPU itself, in its handler, and needs none. */
const LOCK = 0
const HEAD = 1
const TAIL = 2
const SLOTS_AT = WORDS_PER_LINE

const SPACE = 0
const FIRST = 1
const PAGES = 2
const SENDER = 3
const SLOT_WORDS = 4

/** Per CPU a queue of requests by any sender, and per sender how many of its requests are not served. */
export class Queues {
  static wordsPerCpu(slots: number): number {
    return Math.ceil((SLOTS_AT + slots * SLOT_WORDS) / WORDS_PER_LINE) * WORDS_PER_LINE
  }

  protected readonly queue: Placed
  protected readonly left: Placed
  protected readonly slots: number

  constructor(queue: Placed, left: Placed, slots: number) {
    this.queue = queue
    this.left = left
    this.slots = slots
  }

  leftOf(sender: number): number {
    return this.left.base + sender * this.left.stride
  }

  arm(cpu: Port, count: number): void {
    cpu.store(this.leftOf(cpu.id), count)
  }

  flush(cpu: Port, space: number, first: number, pages: number): void {
    flush(cpu, space, first, pages, 1)
  }

  protected queueOf(cpu: number): number {
    return this.queue.base + cpu * this.queue.stride
  }

  protected slotAt(queue: number, index: number): number {
    return queue + SLOTS_AT + ((index >>> 0) % this.slots) * SLOT_WORDS
  }

  /** @returns false: the queue is full or another sender is at it, and nothing was changed */
  put(cpu: Port, target: number, space: number, first: number, pages: number): boolean {
    const queue = this.queueOf(target)
    if (cpu.compareExchange(queue + LOCK, 0, 1) !== 0) return false
    const head = cpu.load(queue + HEAD)
    const isFull = this.isFull(head, cpu.load(queue + TAIL))
    if (!isFull) this.append(cpu, queue, head, space, first, pages)
    cpu.store(queue + LOCK, 0)
    return !isFull
  }

  protected isFull(head: number, tail: number): boolean {
    return ((head - tail) | 0) >= this.slots
  }

  /** The slot is complete before the head shows it. */
  protected append(
    cpu: Port,
    queue: number,
    head: number,
    space: number,
    first: number,
    pages: number,
  ): void {
    this.fill(cpu, this.slotAt(queue, head), space, first, pages)
    this.show(cpu, queue, head)
  }

  protected fill(cpu: Port, at: number, space: number, first: number, pages: number): void {
    cpu.store(at + SPACE, space)
    cpu.store(at + FIRST, first)
    cpu.store(at + PAGES, pages)
    cpu.store(at + SENDER, cpu.id)
  }

  protected show(cpu: Port, queue: number, head: number): void {
    cpu.store(queue + HEAD, (head + 1) | 0)
  }

  /** The slot is free when it was read and carried out, and only then does the sender know. */
  serve(cpu: Port): void {
    const queue = this.queueOf(cpu.id)
    for (let tail = cpu.load(queue + TAIL); tail !== cpu.load(queue + HEAD); tail = (tail + 1) | 0) {
      this.serveSlot(cpu, queue, tail)
    }
  }

  protected serveSlot(cpu: Port, queue: number, tail: number): void {
    const at = this.slotAt(queue, tail)
    this.flush(cpu, cpu.load(at + SPACE), cpu.load(at + FIRST), cpu.load(at + PAGES))
    const sender = cpu.load(at + SENDER)
    this.free(cpu, queue, tail)
    cpu.add(this.leftOf(sender), -1)
  }

  protected free(cpu: Port, queue: number, tail: number): void {
    cpu.store(queue + TAIL, (tail + 1) | 0)
  }
}

import type { CpuSet, Port } from '../contract/port.js'
import type { Ticket } from '../contract/ticket.js'

/**
 * What one part of a combination sees of the machine: the port of the CPU that its hook runs on, with the serials of its
 * own changes. One for each part, given its port before each hook.
 */
export class PartPort implements Port {
  readonly #part: number
  readonly #count: number
  readonly #isFallback: boolean
  /** Of the CPU whose hook is running. */
  port!: Port

  /** @param isFallback the part that loads spaces; the others see every switch, and leave that to it */
  constructor(part: number, count: number, isFallback: boolean) {
    this.#part = part
    this.#count = count
    this.#isFallback = isFallback
  }

  #owner(cpu: number): number {
    return cpu * this.#count + this.#part
  }

  issued(owner: number): number {
    return this.port.issued(this.#owner(owner))
  }

  settle(owner: number, serial: number): void {
    this.port.settle(this.#owner(owner), serial)
  }

  settledUpTo(owner: number): number {
    return this.port.settledUpTo(this.#owner(owner))
  }

  activate(space: number, tag: number, keep: boolean): void {
    if (!this.#isFallback)
      throw new Error('a strategy with `handles` loads a space, which the fallback of its combination does')
    this.port.activate(space, tag, keep)
  }

  // The rest is the CPU's, whoever asks.

  get id(): number {
    return this.port.id
  }

  get count(): number {
    return this.port.count
  }

  now(): number {
    return this.port.now()
  }

  load(word: number): number {
    return this.port.load(word)
  }

  store(word: number, value: number): void {
    this.port.store(word, value)
  }

  add(word: number, delta: number): number {
    return this.port.add(word, delta)
  }

  or(word: number, bits: number): number {
    return this.port.or(word, bits)
  }

  and(word: number, bits: number): number {
    return this.port.and(word, bits)
  }

  exchange(word: number, value: number): number {
    return this.port.exchange(word, value)
  }

  compareExchange(word: number, expected: number, value: number): number {
    return this.port.compareExchange(word, expected, value)
  }

  fence(): void {
    this.port.fence()
  }

  get(index: number): number {
    return this.port.get(index)
  }

  set(index: number, value: number): void {
    this.port.set(index, value)
  }

  invalidate(space: number, firstPage: number, pageCount: number, stridePages: number): void {
    this.port.invalidate(space, firstPage, pageCount, stridePages)
  }

  invalidateSpace(space: number): void {
    this.port.invalidateSpace(space)
  }

  invalidateAll(): void {
    this.port.invalidateAll()
  }

  interruptOne(target: number): void {
    this.port.interruptOne(target)
  }

  interruptSet(targets: CpuSet): void {
    this.port.interruptSet(targets)
  }

  interruptAllButSelf(): void {
    this.port.interruptAllButSelf()
  }

  broadcast(tag: number, firstPage: number, pageCount: number, stridePages: number): void {
    this.port.broadcast(tag, firstPage, pageCount, stridePages)
  }

  broadcastSync(): Ticket {
    return this.port.broadcastSync()
  }

  arm(count: number): Ticket {
    return this.port.arm(count)
  }

  acknowledge(ticket: Ticket): void {
    this.port.acknowledge(ticket)
  }

  zero(word: number): Ticket {
    return this.port.zero(word)
  }

  reached(word: number, value: number): Ticket {
    return this.port.reached(word, value)
  }

  at(timeNs: number): Ticket {
    return this.port.at(timeNs)
  }
}

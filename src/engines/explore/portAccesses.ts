import type { PortParts } from './portParts.js'
import type { StoreBuffer } from './storeBuffer.js'

/**
 * Shared words as a port of the explorer accesses them: each access is a point. A step that runs again
 * from its start gets from the log what it got there before, and nothing is done twice.
 */
export abstract class PortAccesses {
  protected readonly parts: PortParts
  protected readonly buffer: StoreBuffer
  /** For traces: what was accessed, and what it gave or was given. */
  onAccess: ((text: string) => void) | null = null

  constructor(parts: PortParts, buffer: StoreBuffer) {
    this.parts = parts
    this.buffer = buffer
  }

  protected traced(what: string, word: number, value: number): number {
    this.onAccess?.(`${what} ${this.parts.cell.layout.nameOf(word)}: ${value}`)
    return this.parts.log.keep(value)
  }

  load(word: number): number {
    const { log } = this.parts
    return log.point() ? this.traced('load', word, this.buffer.read(word)) : log.value
  }

  store(word: number, value: number): void {
    if (!this.parts.log.point()) return
    this.buffer.write(word, value)
    this.traced('store', word, value)
  }

  #update(what: string, word: number, change: (before: number) => number): number {
    const { log, arena } = this.parts
    if (!log.point()) return log.value
    this.buffer.drain()
    const before = arena.words[word]
    arena.set(word, change(before))
    return this.traced(what, word, before)
  }

  add(word: number, delta: number): number {
    return this.#update('add', word, (before) => before + delta)
  }

  or(word: number, bits: number): number {
    return this.#update('or', word, (before) => before | bits)
  }

  and(word: number, bits: number): number {
    return this.#update('and', word, (before) => before & bits)
  }

  exchange(word: number, value: number): number {
    return this.#update('exchange', word, () => value)
  }

  compareExchange(word: number, expected: number, value: number): number {
    return this.#update('compareExchange', word, (before) => (before === expected ? value : before))
  }

  fence(): void {
    this.effect('fence', () => this.buffer.drain())
  }

  protected effect(what: string, act: () => void): void {
    const { log } = this.parts
    if (!log.point()) return
    act()
    this.onAccess?.(what)
    log.keep(0)
  }
}

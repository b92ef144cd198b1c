import type { Memory } from '../../machine/memory.js'
import type { Arena } from './arena.js'
import type { Speculation } from './speculation.js'
import type { StepLog } from './stepLog.js'
import type { StoreBuffer } from './storeBuffer.js'

/**
 * Shared words as the kernel side of one CPU reaches them. Its read-modify-writes and stores are full
 * barriers here, as in the kernels that it stands for; only strategies have plain stores.
 */
export class ExploreMemory implements Memory {
  readonly #arena: Arena
  readonly #log: StepLog
  readonly #speculation: Speculation
  readonly #buffer: StoreBuffer

  constructor(arena: Arena, log: StepLog, speculation: Speculation, buffer: StoreBuffer) {
    this.#arena = arena
    this.#log = log
    this.#speculation = speculation
    this.#buffer = buffer
  }

  #write(word: number, value: number): number {
    this.#buffer.drain()
    this.#speculation.beforeWrite(word, value)
    const before = this.#arena.words[word]
    this.#arena.set(word, value)
    this.#speculation.afterWrite(word, before, value)
    return this.#log.keep(before)
  }

  load(word: number): number {
    return this.#log.kernelPoint() ? this.#log.keep(this.#buffer.read(word)) : this.#log.value
  }

  store(word: number, value: number): void {
    if (this.#log.kernelPoint()) this.#write(word, this.#speculation.installed(word, value))
  }

  add(word: number, delta: number): number {
    return this.#log.kernelPoint() ? this.#write(word, this.#arena.words[word] + delta) : this.#log.value
  }

  or(word: number, bits: number): number {
    return this.#log.kernelPoint() ? this.#write(word, this.#arena.words[word] | bits) : this.#log.value
  }

  and(word: number, bits: number): number {
    return this.#log.kernelPoint() ? this.#write(word, this.#arena.words[word] & bits) : this.#log.value
  }

  exchange(word: number, value: number): number {
    return this.#log.kernelPoint() ? this.#write(word, value) : this.#log.value
  }

  /** The fill that comes just before the write sets the accessed bit, and the exchange then fails, as in hardware. */
  compareExchange(word: number, expected: number, value: number): number {
    if (!this.#log.kernelPoint()) return this.#log.value
    const { words } = this.#arena
    this.#buffer.drain()
    if (words[word] === expected) this.#speculation.beforeWrite(word, value)
    const before = words[word]
    if (before === expected) {
      this.#arena.set(word, value)
      this.#speculation.afterWrite(word, before, value)
    }
    return this.#log.keep(before)
  }

  peek(word: number): number {
    return this.#log.quiet() ? this.#log.keep(this.#arena.words[word]) : this.#log.value
  }

  poke(word: number, value: number): void {
    if (!this.#log.quiet()) return
    this.#arena.set(word, value)
    this.#log.keep(0)
  }
}

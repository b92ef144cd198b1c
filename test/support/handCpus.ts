import type { Change } from '../../dist/src/contract/change.js'
import type { Operation } from '../../dist/src/contract/operation.js'
import type { CpuSet, Port } from '../../dist/src/contract/port.js'
import type { Placed, Strategy, StrategyModule } from '../../dist/src/contract/strategy.js'
import {
  DONE,
  TICKET_REACHED,
  TICKET_SHIFT,
  TICKET_ZERO,
  type Ticket,
} from '../../dist/src/contract/ticket.js'
import { emptyChange, emptyOperation } from '../../dist/src/pagetable/hookArguments.js'

const PRIVATE_WORDS = 1 << 14

/** A CPU that notes what a strategy lets it do, in words. */
class HandPort implements Port {
  readonly id: number
  readonly count: number
  readonly #hand: HandCpus
  readonly #privates = new Int32Array(PRIVATE_WORDS)
  /** Since `take` was called last. */
  #noted: string[] = []

  constructor(id: number, count: number, hand: HandCpus) {
    this.id = id
    this.count = count
    this.#hand = hand
  }

  take(): string[] {
    const noted = this.#noted
    this.#noted = []
    return noted
  }

  #note(what: string): void {
    this.#noted.push(what)
  }

  now(): number {
    return 0
  }

  #update(word: number, change: (before: number) => number): number {
    const before = this.#hand.words[word]
    this.#hand.words[word] = change(before)
    return before
  }

  load(word: number): number {
    return this.#hand.words[word]
  }

  store(word: number, value: number): void {
    this.#update(word, () => value)
  }

  add(word: number, delta: number): number {
    return this.#update(word, (before) => before + delta)
  }

  or(word: number, bits: number): number {
    return this.#update(word, (before) => before | bits)
  }

  and(word: number, bits: number): number {
    return this.#update(word, (before) => before & bits)
  }

  exchange(word: number, value: number): number {
    return this.#update(word, () => value)
  }

  compareExchange(word: number, expected: number, value: number): number {
    return this.#update(word, (before) => (before === expected ? value : before))
  }

  fence(): void {}

  get(index: number): number {
    return this.#privates[index]
  }

  set(index: number, value: number): void {
    this.#privates[index] = value
  }

  invalidate(space: number, firstPage: number, pageCount: number): void {
    this.#note(`flush ${pageCount} pages from ${firstPage} of space ${space}`)
  }

  invalidateSpace(space: number): void {
    this.#note(`flush space ${space}`)
  }

  invalidateAll(): void {
    this.#note('flush everything')
  }

  dropOwn(firstPage: number, pageCount: number): void {
    this.#note(`drop ${pageCount} own pages from ${firstPage}`)
  }

  fillPrivately(_space: number, page: number): void {
    this.#note(`fill page ${page} privately`)
  }

  activate(space: number, tag: number, keep: boolean): void {
    this.#note(`load space ${space} under tag ${tag}, ${keep ? 'kept' : 'flushed'}`)
  }

  interruptOne(target: number): void {
    this.#note(`interrupt ${target}`)
  }

  interruptSet(targets: CpuSet): void {
    for (let target = 0; target < this.count; target++)
      if ((this.get(targets + (target >>> 5)) & (1 << (target & 31))) !== 0) this.interruptOne(target)
  }

  interruptAllButSelf(): void {
    for (let target = 0; target < this.count; target++) if (target !== this.id) this.interruptOne(target)
  }

  hasExpired(): never {
    throw new Error('no strategy that is driven by hand knows when entries expire')
  }

  untilExpired(): never {
    throw new Error('no strategy that is driven by hand knows when entries expire')
  }

  invalidateSharers(): never {
    throw new Error('no strategy that is driven by hand asks a directory')
  }

  broadcast(): never {
    throw new Error('no strategy that is driven by hand broadcasts')
  }

  broadcastSync(): never {
    throw new Error('no strategy that is driven by hand broadcasts')
  }

  invalidateDevice(): never {
    throw new Error('no strategy that is driven by hand has a device')
  }

  flushDevice(): never {
    return this.invalidateDevice()
  }

  deviceCompleted(): never {
    return this.invalidateDevice()
  }

  deviceSync(): never {
    return this.invalidateDevice()
  }

  arm(count: number): Ticket {
    if (count === 0) return DONE
    this.store(this.id, count)
    return (this.id << TICKET_SHIFT) | TICKET_ZERO
  }

  acknowledge(ticket: Ticket): void {
    this.#note(`acknowledge ${ticket >> TICKET_SHIFT}`)
    this.add(ticket >> TICKET_SHIFT, -1)
  }

  zero(word: number): Ticket {
    return (word << TICKET_SHIFT) | TICKET_ZERO
  }

  reached(word: number): Ticket {
    return (word << TICKET_SHIFT) | TICKET_REACHED
  }

  at(): never {
    throw new Error('no strategy that is driven by hand waits for a time')
  }

  issued(owner: number): number {
    return this.#hand.issued[owner]
  }

  settle(owner: number, serial: number): void {
    this.#note(`settle ${serial} of CPU ${owner}`)
    this.#hand.settled[owner] = serial
  }

  settledUpTo(owner: number): number {
    return this.#hand.settled[owner]
  }
}

/** A strategy that a test drives hook by hook, so that what meets what is the test's choice. */
export class HandCpus {
  readonly strategy: Strategy
  readonly cpus: readonly HandPort[]
  readonly words: Int32Array
  readonly placed: Readonly<Record<string, Placed>>
  readonly issued: number[]
  readonly settled: number[]

  constructor(
    module: StrategyModule,
    cpuCount: number,
    given: Readonly<Record<string, number>> = {},
    spaceCount = 12,
  ) {
    const shape = { cpuCount, spaceCount }
    const defaults = Object.entries(module.parameters).map(([name, spec]) => [name, spec.default] as const)
    const parameters = { ...Object.fromEntries(defaults), ...given }
    // The first words are the countdowns.
    let end = cpuCount
    const placed: Record<string, Placed> = {}
    for (const [name, { count, stride }] of Object.entries(module.words(shape, parameters))) {
      placed[name] = { base: end, stride }
      end += count * stride
    }
    const privates: Record<string, number> = {}
    let next = 0
    for (const [name, count] of Object.entries(module.privateWords(shape, parameters))) {
      privates[name] = next
      next += count
    }
    this.placed = placed
    this.words = new Int32Array(end)
    this.issued = Array.from({ length: cpuCount }, () => 0)
    this.settled = Array.from({ length: cpuCount }, () => 0)
    this.cpus = Array.from({ length: cpuCount }, (_, id) => new HandPort(id, cpuCount, this))
    this.strategy = module.create({ shape, parameters, words: placed, privates })
  }

  /** All CPUs load the space; what that takes is forgotten. */
  enter(space: number): void {
    for (const cpu of this.cpus) {
      this.strategy.switching?.(cpu, 0, space)
      this.strategy.switched(cpu, space)
      cpu.take()
    }
  }

  /** A change of one page, as its CPU reports it. */
  change(cpu: number, given: Partial<Change>): Ticket {
    this.issued[cpu]++
    return this.strategy.changed(this.cpus[cpu], {
      ...emptyChange(),
      serial: this.issued[cpu],
      pageCount: 1,
      ...given,
    })
  }

  finish(cpu: number, given: Partial<Operation>): Ticket {
    return this.strategy.finished(this.cpus[cpu], { ...emptyOperation(), ...given })
  }

  interrupt(cpu: number): string[] {
    this.cpus[cpu].take()
    this.strategy.interrupted(this.cpus[cpu])
    return this.cpus[cpu].take()
  }
}

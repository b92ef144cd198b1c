import { KIND_NAMES, type Change } from '../../dist/src/contract/change.js'
import type { Contract } from '../../dist/src/contract/obligation.js'
import type { Operation } from '../../dist/src/contract/operation.js'
import { KERNEL_SPACE, PRESENT, USER, WRITABLE } from '../../dist/src/contract/page.js'
import type { Port } from '../../dist/src/contract/port.js'
import type { Demand, Strategy } from '../../dist/src/contract/strategy.js'
import { DONE, TICKET_SHIFT, TICKET_ZERO, type Ticket } from '../../dist/src/contract/ticket.js'
import { boot } from '../../dist/src/machine/boot.js'
import { COST_NAMES, type Meter } from '../../dist/src/machine/costs.js'
import { COUNTER_NAMES } from '../../dist/src/machine/counters.js'
import { Frames } from '../../dist/src/machine/frames.js'
import { Layout } from '../../dist/src/machine/layout.js'
import type { Memory } from '../../dist/src/machine/memory.js'
import { loadProfile } from '../../dist/src/machine/profile.js'
import { Tables } from '../../dist/src/machine/tables.js'
import {
  HANDLE_FIRST,
  HANDLE_PINS,
  placeMachine,
  SPACE_ROOT,
  type MachineConfig,
  type MachineWords,
} from '../../dist/src/machine/words.js'
import type { Context } from '../../dist/src/pagetable/context.js'
import { Kernel } from '../../dist/src/pagetable/kernel.js'
import type { Parts } from '../../dist/src/pagetable/parts.js'
import {
  demandItemsFor,
  LOG_ITEMS_PER_PAGE,
  LOG_WORDS,
  POSITION_WORDS,
  RESULT,
  SPACE,
} from '../../dist/src/pagetable/position.js'
import { emptyEvent } from '../../dist/src/pagetable/passedEvent.js'
import { RETRY, WAITING } from '../../dist/src/pagetable/routine.js'
import { skipsOf } from '../../dist/src/pagetable/skips.js'

/** Plain words that tell who is written, and let a test step in between a load and its compare-exchange. */
export class PlainMemory implements Memory {
  readonly words: Int32Array
  onWrite: ((word: number, before: number, after: number) => void) | null = null
  afterLoad: ((word: number) => void) | null = null
  beforeCompareExchange: ((word: number) => void) | null = null

  constructor(words: Int32Array) {
    this.words = words
  }

  #write(word: number, value: number): number {
    const before = this.words[word]
    this.words[word] = value
    this.onWrite?.(word, before, this.words[word])
    return before
  }

  load(word: number): number {
    const value = this.words[word]
    this.afterLoad?.(word)
    return value
  }

  store(word: number, value: number): void {
    this.#write(word, value)
  }

  add(word: number, delta: number): number {
    return this.#write(word, this.words[word] + delta)
  }

  or(word: number, bits: number): number {
    return this.#write(word, this.words[word] | bits)
  }

  and(word: number, bits: number): number {
    return this.#write(word, this.words[word] & bits)
  }

  exchange(word: number, value: number): number {
    return this.#write(word, value)
  }

  compareExchange(word: number, expected: number, value: number): number {
    this.beforeCompareExchange?.(word)
    return this.words[word] === expected ? this.#write(word, value) : this.words[word]
  }

  peek(word: number): number {
    return this.words[word]
  }

  poke(word: number, value: number): void {
    this.#write(word, value)
  }
}

/** Counts what was charged. */
export class CountingMeter implements Meter {
  readonly counts = new Map<string, number>()

  charge(cost: number, count: number): void {
    this.counts.set(COST_NAMES[cost], (this.counts.get(COST_NAMES[cost]) ?? 0) + count)
  }

  of(name: (typeof COST_NAMES)[number]): number {
    return this.counts.get(name) ?? 0
  }
}

export interface Called {
  hook: string
  cpu: number
  change?: Change
  operation?: Operation
  demand?: {
    obligation: number
    newOwner: number
    mayFail: boolean
    owners: number[]
    serials: number[]
    tags: number[]
    spaces: number[]
  }
}

/** What the fake strategy answers; a hook without an answer says DONE. `began`, `changing` and `covered` exist where they are given. */
export interface Script {
  began?: (cpu: Port, operation: Operation) => Ticket
  changing?: (cpu: Port, change: Change) => Ticket
  changed?: (cpu: Port, change: Change) => Ticket
  finished?: (cpu: Port, operation: Operation) => Ticket
  demanded?: (cpu: Port, demand: Demand) => Ticket
  covered?: NonNullable<Strategy['covered']>
  resumed?: (cpu: Port, ticket: Ticket) => Ticket
}

export interface Passed {
  obligation: number
  owner: number
  space: number
  page: number
  frame: number
}

export interface BareOptions {
  cpuCount?: number
  spaceCount?: number
  handleCount?: number
  maxOperationPages?: number
  windowPages?: number
  contract?: Contract
  /** `--profile-set` arguments. */
  sets?: string[]
  serialStart?: number
}

/** The space that every CPU of a bare machine runs. */
export const USER_SPACE = 1

export class BareCpu {
  readonly machine: BareMachine
  readonly context: Context
  readonly kernel: Kernel

  constructor(machine: BareMachine, context: Context) {
    this.machine = machine
    this.context = context
    this.kernel = new Kernel(context)
  }

  get result(): number {
    return this.context.p[RESULT]
  }

  /** Steps to the end of the call. A ticket or a lock that nobody else can release would be a test that hangs. */
  run(): number {
    for (let steps = 0; !this.kernel.isIdle; steps++) {
      const outcome = this.kernel.step()
      if (outcome === WAITING) throw new Error('the kernel waits for a ticket')
      if (outcome === RETRY) throw new Error('the kernel waits for another CPU')
      if (steps > 100_000) throw new Error('the kernel does not come to an end')
    }
    return this.result
  }

  /** Steps until the condition holds; the call may have ended. */
  stepUntil(isReached: () => boolean): void {
    for (let steps = 0; !isReached(); steps++) {
      if (this.kernel.isIdle || steps > 10_000) throw new Error('the call ended before')
      this.kernel.step()
    }
  }

  map(handle: number, pages: number, flags: number): number {
    this.kernel.map(handle, pages, flags)
    return this.run()
  }

  /** 1, or 0 where the get has failed. */
  get(handle: number, pages: number, firstFrame = 0): number {
    this.kernel.get(handle, pages, firstFrame)
    return this.run()
  }

  put(handle: number): void {
    this.kernel.put(handle)
    this.run()
  }

  unmap(handle: number): void {
    this.kernel.unmap(handle)
    this.run()
  }

  change(operation: number, handle: number, firstPage: number, pages: number, grant = 0): void {
    this.kernel.change(operation, handle, firstPage, pages, grant)
    this.run()
  }

  startFault(handle: number, page: number, isWrite: boolean): void {
    const first = this.machine.firstPage(handle)
    this.kernel.fault(first + page, PRESENT | USER | (isWrite ? WRITABLE : 0), handle)
  }

  /** A fault of an access: 1, the access can be tried again; 0, it is not allowed. */
  fault(handle: number, page: number, isWrite = true): number {
    this.startFault(handle, page, isWrite)
    return this.run()
  }
}

/** One or two kernel contexts over plain words, a strategy that does what the test says, and a record of what happened. */
export class BareMachine {
  readonly words: Int32Array
  readonly memory: PlainMemory
  readonly layout = new Layout()
  readonly config: MachineConfig
  readonly placed: MachineWords
  readonly tables: Tables
  readonly frames: Frames
  readonly cpus: BareCpu[] = []
  readonly calls: Called[] = []
  readonly passed: Passed[] = []
  readonly exposures: { serial: number; isSettled: boolean }[] = []
  readonly counted = new Map<string, number>()
  readonly meter = new CountingMeter()
  /** How often an operation told of its first change. */
  firstChanges = 0
  script: Script
  /** A word that a hook can wait on with `port.zero`. */
  readonly waitWord: number
  #clock = 0

  constructor(script: Script = {}, options: BareOptions = {}) {
    this.script = script
    const { profile } = loadProfile('icelake-2s64c', ['memory.frames=256', ...(options.sets ?? [])])
    this.config = {
      cpuCount: options.cpuCount ?? 1,
      spaceCount: options.spaceCount ?? 2,
      handleCount: options.handleCount ?? 8,
      maxOperationPages: options.maxOperationPages ?? 64,
      windowPages: options.windowPages,
      profile,
      hasVmalloc: true,
      partCount: 1,
      serialStart: options.serialStart ?? 0,
    }
    this.placed = placeMachine(this.layout, this.config)
    this.waitWord = this.layout.run('wait', 1)
    this.words = new Int32Array(this.layout.wordCount)
    this.memory = new PlainMemory(this.words)
    const { placed } = this
    this.tables = new Tables(this.memory, placed.tables, placed.tableCount, placed.nextTable)
    this.frames = new Frames(this.memory, placed.frames)
    // Frames leave the pool in their order: the last of the range is exchanged with itself each time.
    boot(this.memory, placed, this.config, (bound) => bound - 1)
    const strategy = this.#strategy()
    for (let cpu = 0; cpu < this.config.cpuCount; cpu++) {
      this.cpus.push(new BareCpu(this, this.#context(cpu, strategy, options.contract ?? 'reuse')))
    }
  }

  #parts(contract: Contract): Parts {
    return {
      count: 1,
      ofKind: KIND_NAMES.map(() => 0),
      contracts: [contract],
      deadlinesNs: [Infinity],
      hasPredicate: [this.script.covered !== undefined],
    }
  }

  #context(cpu: number, strategy: Strategy, contract: Contract): Context {
    const { config, memory, placed, tables, frames, meter } = this
    const items = demandItemsFor(config.maxOperationPages * LOG_ITEMS_PER_PAGE)
    const p = new Int32Array(POSITION_WORDS)
    p[SPACE] = USER_SPACE
    return {
      cpu,
      cpuCount: config.cpuCount,
      windowPages: config.windowPages ?? 0,
      memory,
      words: placed,
      profile: config.profile,
      tables,
      frames,
      meter,
      strategy,
      port: this.#port(cpu),
      witness: {
        stamp: () => ++this.#clock,
        stampTable: () => ++this.#clock,
        reading: () => this.#clock,
        event: ({ obligation, owner, space, page, frame }) =>
          void this.passed.push({ obligation, owner, space, page, frame }),
        opened: () => {},
        claimed: () => {},
        answered: () => {},
        exposed: (_owner, serial, isSettled) => void this.exposures.push({ serial, isSettled }),
        changing: () => void this.firstChanges++,
        count: (counter, by) => {
          const name = COUNTER_NAMES[counter]
          this.counted.set(name, (this.counted.get(name) ?? 0) + by)
        },
      },
      parts: this.#parts(contract),
      skips: skipsOf({}),
      p,
      log: new Int32Array(config.maxOperationPages * LOG_ITEMS_PER_PAGE * LOG_WORDS),
      change: {
        serial: 0,
        operation: 0,
        space: 0,
        scope: 1,
        firstPage: 0,
        pageCount: 0,
        levels: 0,
        kind: 0,
        oldFlags: 0,
        newFlags: 0,
        tablesFreed: false,
        obligations: 0,
        tag: 0,
      },
      operation: {
        id: 0,
        depth: 0,
        level: 0,
        kind: 0,
        space: 0,
        firstPage: 0,
        pageCount: 0,
        wholeSpace: false,
        crowded: false,
      },
      demand: {
        obligation: 0,
        count: 0,
        owners: new Int32Array(items),
        serials: new Int32Array(items),
        tags: new Int32Array(items),
        spaces: new Int32Array(items),
        newOwner: -1,
        mayFail: false,
        maySleep: false,
      },
      passed: emptyEvent(),
    }
  }

  #port(id: number): Port {
    const { memory, placed } = this
    const unused = () => {
      throw new Error('the fake strategy does not use this')
    }
    const watermark = (owner: number) => placed.watermark.base + owner * placed.watermark.stride
    return {
      id,
      count: this.config.cpuCount,
      now: () => 0,
      load: (word) => memory.load(word),
      store: (word, value) => memory.store(word, value),
      add: unused,
      or: unused,
      and: unused,
      exchange: unused,
      compareExchange: unused,
      fence: unused,
      get: unused,
      set: unused,
      invalidate: unused,
      invalidateSpace: unused,
      invalidateAll: unused,
      activate: unused,
      interruptOne: unused,
      interruptSet: unused,
      interruptAllButSelf: unused,
      broadcast: unused,
      broadcastSync: unused,
      arm: unused,
      acknowledge: unused,
      zero: (word) => (word << TICKET_SHIFT) | TICKET_ZERO,
      reached: unused,
      at: unused,
      issued: (owner) => this.issued(owner),
      settle: (owner, serial) => memory.store(watermark(owner), serial),
      settledUpTo: (owner) => memory.load(watermark(owner)),
    }
  }

  #strategy(): Strategy {
    const { calls } = this
    const note = (hook: string, cpu: Port, more: Partial<Called> = {}) => {
      calls.push({ hook, cpu: cpu.id, ...more })
    }
    // The script may be replaced between two calls, but which of the optional hooks exist is fixed at the start.
    const optional: Partial<Strategy> = {}
    if (this.script.began !== undefined) {
      optional.began = (cpu, operation) => {
        note('began', cpu, { operation: { ...operation } })
        return this.script.began?.(cpu, operation) ?? DONE
      }
    }
    if (this.script.changing !== undefined) {
      optional.changing = (cpu, change) => {
        note('changing', cpu, { change: { ...change } })
        return this.script.changing?.(cpu, change) ?? DONE
      }
    }
    if (this.script.covered !== undefined) {
      optional.covered = (...parts) => this.script.covered?.(...parts) ?? false
    }
    return {
      ...optional,
      changed: (cpu, change) => {
        note('changed', cpu, { change: { ...change } })
        return this.script.changed?.(cpu, change) ?? DONE
      },
      finished: (cpu, operation) => {
        note('finished', cpu, { operation: { ...operation } })
        return this.script.finished?.(cpu, operation) ?? DONE
      },
      demanded: (cpu, demand) => {
        const list = (array: Int32Array) => Array.from(array.subarray(0, demand.count))
        note('demanded', cpu, {
          demand: {
            obligation: demand.obligation,
            newOwner: demand.newOwner,
            mayFail: demand.mayFail,
            owners: list(demand.owners),
            serials: list(demand.serials),
            tags: list(demand.tags),
            spaces: list(demand.spaces),
          },
        })
        return this.script.demanded?.(cpu, demand) ?? DONE
      },
      resumed: (cpu, ticket) => {
        note('resumed', cpu)
        return this.script.resumed?.(cpu, ticket) ?? DONE
      },
      interrupted: () => DONE,
      switched: () => DONE,
    }
  }

  hooks(): string[] {
    return this.calls.map(({ hook }) => hook)
  }

  demands(): NonNullable<Called['demand']>[] {
    return this.calls.flatMap(({ demand }) => demand ?? [])
  }

  issuedWord(cpu: number): number {
    return this.placed.issued.base + cpu * this.placed.issued.stride
  }

  issued(cpu: number): number {
    return this.words[this.issuedWord(cpu)]
  }

  settle(cpu: number, serial: number): void {
    this.words[this.placed.watermark.base + cpu * this.placed.watermark.stride] = serial
  }

  handleWord(handle: number): number {
    return this.placed.handles.base + handle * this.placed.handles.stride
  }

  firstPage(handle: number): number {
    return this.words[this.handleWord(handle) + HANDLE_FIRST]
  }

  pins(handle: number): number {
    return this.words[this.handleWord(handle) + HANDLE_PINS]
  }

  root(space: number): number {
    return this.words[this.placed.spaces.base + space * this.placed.spaces.stride + SPACE_ROOT]
  }

  /** The word of a mapping's page; 0 where its leaf table is missing. */
  entryWord(handle: number, page: number): number {
    return this.tables.leafWord(this.root(USER_SPACE), this.firstPage(handle) + page)
  }

  entry(handle: number, page: number): number {
    return this.words[this.entryWord(handle, page)]
  }

  directEntry(page: number): number {
    return this.words[this.tables.leafWord(this.root(KERNEL_SPACE), page)]
  }

  heldList(cpu: number): number {
    return this.placed.heldLists.base + cpu * this.placed.heldLists.stride
  }

  heldCount(cpu: number): number {
    return this.frames.count(this.heldList(cpu))
  }

  freeCount(cpu: number): number {
    return this.frames.count(this.placed.freeLists.base + cpu * this.placed.freeLists.stride)
  }
}

/** A port over shared words that writes down what a strategy does, in order. */
export class WordPort implements Port {
  readonly id: number
  readonly count: number
  readonly words: Int32Array
  readonly privates = new Int32Array(256)
  readonly log: string[] = []
  readonly issuedSerials: Int32Array
  readonly settled: Int32Array
  onStore: ((word: number) => void) | null = null

  constructor(id: number, count: number, words: Int32Array, issued: Int32Array, settled: Int32Array) {
    this.id = id
    this.count = count
    this.words = words
    this.issuedSerials = issued
    this.settled = settled
  }

  /** The ports of `count` CPUs over the same words. */
  static all(count: number, wordCount: number): WordPort[] {
    const [words, issued, settled] = [wordCount, count, count].map((length) => new Int32Array(length))
    return Array.from({ length: count }, (_, id) => new WordPort(id, count, words, issued, settled))
  }

  now(): number {
    return 0
  }

  load(word: number): number {
    return this.words[word]
  }

  store(word: number, value: number): void {
    this.words[word] = value
    this.onStore?.(word)
  }

  #update(word: number, value: number): number {
    const before = this.words[word]
    this.words[word] = value
    return before
  }

  add(word: number, delta: number): number {
    return this.#update(word, this.words[word] + delta)
  }

  or(word: number, bits: number): number {
    this.log.push(`or ${word}`)
    return this.#update(word, this.words[word] | bits)
  }

  and(word: number, bits: number): number {
    return this.#update(word, this.words[word] & bits)
  }

  exchange(word: number, value: number): number {
    return this.#update(word, value)
  }

  compareExchange(word: number, expected: number, value: number): number {
    return this.words[word] === expected ? this.#update(word, value) : this.words[word]
  }

  fence(): void {}

  get(index: number): number {
    return this.privates[index]
  }

  set(index: number, value: number): void {
    this.privates[index] = value
  }

  invalidate(space: number, firstPage: number, pageCount: number, stridePages: number): void {
    this.log.push(`invalidate ${space} ${firstPage} ${pageCount} ${stridePages}`)
  }

  invalidateSpace(space: number): void {
    this.log.push(`invalidateSpace ${space}`)
  }

  invalidateAll(): void {
    this.log.push('invalidateAll')
  }

  activate(): void {}

  interruptOne(target: number): void {
    this.log.push(`interrupt ${target}`)
  }

  interruptSet(targets: number): void {
    const set: number[] = []
    for (let cpu = 0; cpu < this.count; cpu++) {
      if (((this.privates[targets + Math.floor(cpu / 32)] >>> (cpu % 32)) & 1) === 1) set.push(cpu)
    }
    this.log.push(`interrupt ${set.join(' ')}`)
  }

  interruptAllButSelf(): void {
    this.log.push('interrupt others')
  }

  broadcast(tag: number, firstPage: number, pageCount: number, stridePages: number): void {
    this.log.push(`broadcast ${tag} ${firstPage} ${pageCount} ${stridePages}`)
  }

  broadcastSync(): Ticket {
    return this.zero(0)
  }

  arm(count: number): Ticket {
    this.log.push(`arm ${count}`)
    return count === 0 ? DONE : ((1000 + this.id) << TICKET_SHIFT) | TICKET_ZERO
  }

  acknowledge(ticket: Ticket): void {
    this.log.push(`acknowledge ${(ticket >> TICKET_SHIFT) - 1000}`)
  }

  zero(word: number): Ticket {
    return (word << TICKET_SHIFT) | TICKET_ZERO
  }

  reached(word: number): Ticket {
    return this.zero(word)
  }

  at(): Ticket {
    return DONE
  }

  issued(owner: number): number {
    this.log.push(`issued ${owner}`)
    return this.issuedSerials[owner]
  }

  settle(owner: number, serial: number): void {
    this.log.push(`settle ${owner} ${serial}`)
    this.settled[owner] = serial
  }

  settledUpTo(owner: number): number {
    return this.settled[owner]
  }
}

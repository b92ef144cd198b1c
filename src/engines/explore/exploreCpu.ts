import { KIND_IOMMU, KIND_VMALLOC, reachedSerial } from '../../contract/change.js'
import { PRESENT, USER, WRITABLE } from '../../contract/page.js'
import { OPERATION_ADVISE_AWAY, OPERATION_PROTECT, OPERATION_WRITE_OUT } from '../../contract/operation.js'
import type { Parameters } from '../../contract/parameter.js'
import type { Strategy, StrategyModule } from '../../contract/strategy.js'
import {
  AGAIN,
  DONE,
  TICKET_AT,
  TICKET_KIND,
  TICKET_REACHED,
  TICKET_SHIFT,
  type Ticket,
} from '../../contract/ticket.js'
import { Expiries } from '../../machine/expiries.js'
import { Frames } from '../../machine/frames.js'
import type { Profile } from '../../machine/profile.js'
import { Tables } from '../../machine/tables.js'
import { HANDLE_FIRST, HANDLE_MAPPED, HANDLE_SPACE } from '../../machine/words.js'
import type { Context } from '../../pagetable/context.js'
import { PLAIN_ENTRIES, type EntryHardware } from '../../pagetable/entryHardware.js'
import { demandOver, emptyChange, emptyOperation } from '../../pagetable/hookArguments.js'
import { emptyEvent, LEVEL_LEAF } from '../../pagetable/passedEvent.js'
import { Kernel } from '../../pagetable/kernel.js'
import { DEPTH, POSITION_WORDS, SPACE } from '../../pagetable/position.js'
import { describeStack } from '../../pagetable/routine.js'
import { skipsOf } from '../../pagetable/skips.js'
import { usersWord } from '../../pagetable/switchSpace.js'
import type { CellWords } from '../cellWords.js'
import type { Arena } from './arena.js'
import type { OperationChoice, OperationKind } from './exploreCase.js'
import { ExploreMemory } from './exploreMemory.js'
import { ExplorePort, type PortParts } from './explorePort.js'
import { IN_BATCH, IS_EXPIRY, KIND, KIND_PREEMPT, OPERATIONS_LEFT, TICKET_VALUE } from './exploreWords.js'
import { ExploreWitness } from './exploreWitness.js'
import { forgetDeadWords } from './privateWords.js'
import { StoreBuffer } from './storeBuffer.js'

/** Handle of the mapping that all CPUs share; CPU c's own one follows, after those the one in the other space, then CPU c's window. */
export const SHARED_HANDLE = 0
export const FIRST_SPACE = 1
export const OTHER_SPACE = 2

/** What does not depend on the space that is loaded. */
const ANYWHERE = new Set<OperationKind>(['batch', 'pin', 'adviseOther', 'vmalloc', 'dma'])

/** Of a mapping of the device, as the tape's map instruction has them. */
export const DEVICE_FLAGS: number = WRITABLE | (KIND_IOMMU << 8)

/** Nothing is charged: there is no time. */
const FREE = { charge(): void {} }

export interface CpuPlan {
  readonly id: number
  readonly module: StrategyModule
  readonly parameters: Parameters
  readonly profile: Profile
  readonly strategy: Strategy
  readonly pageCount: number
  readonly role: readonly OperationKind[]
  readonly isGuest: boolean
  readonly hasStoreBuffer: boolean
}

/** One CPU of the explorer: the kernel side and the strategy as they are measured, over words that can be put back. */
export class ExploreCpu {
  readonly id: number
  readonly kernel: Kernel
  readonly port: ExplorePort
  readonly strategy: Strategy
  readonly buffer: StoreBuffer
  readonly p: Int32Array
  readonly memory: ExploreMemory
  readonly #plan: CpuPlan
  readonly #arena: Arena
  readonly #cell: CellWords
  readonly #context: Context
  /** First of this CPU's words of the engine. */
  readonly state: number
  readonly #privatesAt: number
  readonly #parts: PortParts

  constructor(plan: CpuPlan, parts: PortParts) {
    const { id, strategy } = plan
    const { arena, cell, log, words } = parts
    this.id = id
    this.#plan = plan
    this.#arena = arena
    this.#cell = cell
    this.strategy = strategy
    this.state = words.cpus.base + id * words.cpus.stride
    const at = cell.control.privates.base + id * cell.control.privates.stride
    this.#privatesAt = at
    this.#parts = parts
    const privates = arena.words.subarray(at, at + cell.privateWordCount)
    this.p = privates.subarray(0, POSITION_WORDS)
    this.buffer = new StoreBuffer(arena, id, words.cpus, words.buffers, plan.hasStoreBuffer)
    this.memory = new ExploreMemory(arena, log, parts.speculation, this.buffer)
    this.port = new ExplorePort(id, parts, privates.subarray(cell.strategyAt), this.buffer)
    this.#context = {
      cpu: id,
      cpuCount: cell.config.cpuCount,
      windowPages: cell.config.windowPages ?? 0,
      memory: this.memory,
      words: cell.machine,
      profile: plan.profile,
      tables: new Tables(this.memory, cell.machine.tables, cell.machine.tableCount, cell.machine.nextTable),
      frames: new Frames(this.memory, cell.machine.frames),
      ownTable: this.port.ownTable,
      meter: FREE,
      strategy,
      port: this.port,
      witness: new ExploreWitness(arena, log, parts.oracle),
      parts: cell.parts,
      device: parts.device,
      entries: entriesOf(cell, this.memory),
      skips: skipsOf(plan.parameters),
      sleeps: plan.module.assumes(plan.parameters).sleeps === true,
      p: this.p,
      log: privates.subarray(cell.logAt, cell.tapeAt),
      change: emptyChange(),
      operation: emptyOperation(),
      demand: demandOver(privates, cell.demandAt, cell.demandItems),
      passed: emptyEvent(),
    }
    this.kernel = new Kernel(this.#context)
  }

  #word(offset: number): number {
    return this.#arena.words[this.state + offset]
  }

  /** The host has its processor, from the beginning of `preempted` to the end of `reentered`. */
  get isAway(): boolean {
    return this.kernel.isPreempted || this.#word(KIND) === KIND_PREEMPT
  }

  get isInUserMode(): boolean {
    return this.p[DEPTH] === 0
  }

  #handleWord(handle: number): number {
    return this.#cell.machine.handles.base + handle * this.#cell.machine.handles.stride
  }

  /** The next CPU's own mapping: the one whose table that CPU may free meanwhile. */
  get #pinnable(): number {
    return 1 + ((this.id + 1) % this.#cell.config.cpuCount)
  }

  get otherHandle(): number {
    return 1 + this.#cell.config.cpuCount
  }

  /** Of what the CPU maps in its window; only where the case has windows. */
  get #windowHandle(): number {
    return this.otherHandle + 1 + this.#cell.config.cpuCount + this.id
  }

  get #isInWindow(): boolean {
    if ((this.#cell.config.windowPages ?? 0) === 0) return false
    return this.#arena.words[this.#handleWord(this.#windowHandle) + HANDLE_MAPPED] !== 0
  }

  /** The page of the kernel's area. */
  get #kernelHandle(): number {
    return this.otherHandle + 1 + this.id
  }

  get #ownHandle(): number {
    return this.#handleWord(1 + this.id)
  }

  /** What a CPU in user mode can begin; an operation that the program could not ask for is no choice. */
  canBegin({ kind, page }: OperationChoice): boolean {
    if (!this.#plan.role.includes(kind)) return false
    const { words } = this.#arena
    const shared = this.#handleWord(SHARED_HANDLE)
    const isHome = this.p[SPACE] === words[shared + HANDLE_SPACE]
    const isBatchOpen = this.#word(IN_BATCH) !== 0
    if (this.#word(OPERATIONS_LEFT) === 0) return kind === 'batch' && isBatchOpen
    if (kind === 'touch') return isHome && words[shared + HANDLE_MAPPED] !== 0 && this.#wouldFault(page)
    // A temporary mapping belongs to the space that is loaded.
    if (kind === 'switch') return !isBatchOpen && !this.#isInWindow
    if (kind === 'teardown')
      return !isBatchOpen && !isHome && words[usersWord(this.#context, FIRST_SPACE)] === 0
    if (kind === 'idle' || kind === 'preempt') return !isBatchOpen
    if (ANYWHERE.has(kind)) return true
    // Only the pages of the first space are tracked: a mapping made in the other one would not be seen.
    if (kind === 'remap') return isHome
    if (kind === 'populate') return this.#ownPage >= 0 && this.#wouldFault(this.#indexOf(this.#ownPage))
    return isHome
  }

  /** The pages of the shared mapping are the first that are tracked. */
  #entry(page: number): number {
    return this.#arena.words[this.#parts.tracked.wordOf(page)]
  }

  /** The page is not there, or not in this CPU's own table. */
  #wouldFault(index: number): boolean {
    const { own } = this.#parts.words
    if ((this.#entry(index) & PRESENT) === 0) return true
    return own !== null && this.#arena.words[own.base + this.id * own.stride + index] === 0
  }

  #indexOf(page: number): number {
    return this.#parts.tracked.indexOf(page, LEVEL_LEAF)
  }

  /** -1: not mapped now, or in a space that is not loaded. */
  get #ownPage(): number {
    const { words } = this.#arena
    const own = this.#ownHandle
    const isHere = words[own + HANDLE_MAPPED] !== 0 && words[own + HANDLE_SPACE] === this.p[SPACE]
    return isHere ? words[own + HANDLE_FIRST] : -1
  }

  /** Enters the kernel; the first step follows in the same transition. */
  begin({ kind, page }: OperationChoice): void {
    const { kernel } = this
    const pages = this.#plan.pageCount
    switch (kind) {
      case 'advise':
        return kernel.change(OPERATION_ADVISE_AWAY, SHARED_HANDLE, page, 1, 0)
      case 'adviseAll':
        return kernel.change(OPERATION_ADVISE_AWAY, SHARED_HANDLE, 0, pages, 0)
      case 'adviseOther':
        return kernel.change(OPERATION_ADVISE_AWAY, this.otherHandle, 0, 1, 0)
      case 'protect':
        return kernel.change(OPERATION_PROTECT, SHARED_HANDLE, page, 1, 0)
      case 'unprotect':
        return kernel.change(OPERATION_PROTECT, SHARED_HANDLE, page, 1, WRITABLE)
      case 'touch':
        return kernel.fault(
          this.memory.load(this.#handleWord(SHARED_HANDLE) + HANDLE_FIRST) + page,
          PRESENT | USER,
          SHARED_HANDLE,
        )
      case 'writeOut':
        return kernel.change(OPERATION_WRITE_OUT, SHARED_HANDLE, page, 1, 0)
      case 'pin':
        return kernel.pin(this.#pinnable, 0, 1)
      case 'populate':
        return kernel.fault(this.memory.load(this.#ownHandle + HANDLE_FIRST), PRESENT | USER, 1 + this.id)
      case 'switch':
        return kernel.switchTo(this.p[SPACE] === FIRST_SPACE ? OTHER_SPACE : FIRST_SPACE)
      case 'teardown':
        return kernel.tearDown(FIRST_SPACE)
      case 'remap':
        return this.#mapOrUnmap(1 + this.id, WRITABLE)
      case 'dma':
        return this.#mapOrUnmap(1 + this.id, DEVICE_FLAGS)
      case 'vmalloc':
        return this.#mapOrUnmap(this.#kernelHandle, WRITABLE | (KIND_VMALLOC << 8))
      case 'window':
        return this.#isInWindow ? kernel.put(this.#windowHandle) : kernel.get(this.#windowHandle, 1, 0)
      case 'idle':
      case 'preempt':
        // A step of a kind of its own (transitions.ts): the oracle must know from its beginning on.
        return
      case 'batch':
        return this.#word(IN_BATCH) === 0 ? kernel.beginBatch() : kernel.endBatch()
    }
  }

  #mapOrUnmap(handle: number, flags: number): void {
    const isMapped = this.memory.load(this.#handleWord(handle) + HANDLE_MAPPED) !== 0
    if (isMapped) this.kernel.unmap(handle)
    else this.kernel.map(handle, 1, flags)
  }

  /** What it may have cached is cached now: afterwards nothing is, until it is back. */
  leaveProcessor(): void {
    const { log, speculation } = this.#parts
    if (log.quiet()) {
      speculation.beforePreemption(this.id)
      log.keep(0)
    }
    this.kernel.preempt()
  }

  get isTicketSatisfied(): boolean {
    const ticket = this.kernel.ticket
    if (ticket === DONE) return false
    if (ticket === AGAIN) return true
    const value = this.buffer.read(ticket >> TICKET_SHIFT)
    switch (ticket & TICKET_KIND) {
      case TICKET_AT:
        // Nobody knows how long the others take: it can be time at any moment (clock.ts).
        return true
      case TICKET_REACHED:
        // Commands are complete at any moment, as time passes.
        if (ticket >> TICKET_SHIFT === this.#parts.device.completedWord) return true
        return reachedSerial(value, this.#word(TICKET_VALUE))
      default:
        return value === 0
    }
  }

  /** The ticket is satisfied and the task goes on: nobody reads its operand again. */
  leaveTicket(): void {
    const { device } = this.#parts
    const { ticket } = this.kernel
    if ((ticket & TICKET_KIND) === TICKET_AT) this.#reach(this.#word(TICKET_VALUE))
    else if (ticket >> TICKET_SHIFT === device.completedWord) device.complete(this.#word(TICKET_VALUE))
    this.#arena.set(this.state + TICKET_VALUE, 0)
  }

  #reach(time: number): void {
    const { clock, expiring } = this.#parts
    if ((time & IS_EXPIRY) === 0) clock.reach(time)
    else clock.reachExpiry(time & ~IS_EXPIRY)
    expiring?.dropExpired()
  }

  /** The step is finished: what it wrote into this CPU's own words becomes part of the state. */
  commitPrivates(): void {
    const { words, committed } = this.#arena
    forgetDeadWords(this.p, this.#context.log, this.#context.demand)
    const end = this.#privatesAt + this.#cell.privateWordCount
    for (let word = this.#privatesAt; word < end; word++) {
      if (words[word] !== committed[word]) this.#arena.set(word, words[word])
    }
  }

  /** The step was preempted: it will run again from its start. */
  restorePrivates(): void {
    const { words, committed } = this.#arena
    const end = this.#privatesAt + this.#cell.privateWordCount
    for (let word = this.#privatesAt; word < end; word++) words[word] = committed[word]
  }

  /** For what hangs. */
  describe(): string {
    return `CPU ${this.id} ${this.place}`
  }

  /** Where its task stands in the kernel, and what it waits for. */
  get place(): string {
    return `${describeStack(this.p)}${this.#wait}`
  }

  get #wait(): string {
    const { ticket } = this.kernel
    return ticket === DONE ? '' : ` waits for ${this.#nameOf(ticket)}`
  }

  #nameOf(ticket: Ticket): string {
    if (ticket === AGAIN) return 'its next turn'
    if ((ticket & TICKET_KIND) === TICKET_AT) return 'a time'
    return this.#cell.layout.nameOf(ticket >> TICKET_SHIFT)
  }
}

/** Coherence is part of the write itself (exploreMemory.ts). */
function entriesOf({ machine, expiries }: CellWords, memory: ExploreMemory): EntryHardware {
  if (expiries === null) return PLAIN_ENTRIES
  const latest = new Expiries(memory, machine, expiries)
  return { ...PLAIN_ENTRIES, expiryOf: (word) => latest.latest(word) }
}

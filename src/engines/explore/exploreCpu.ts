import { reachedSerial } from '../../contract/change.js'
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
import type { Context } from '../../pagetable/context.js'
import { PLAIN_ENTRIES, type EntryHardware } from '../../pagetable/entryHardware.js'
import { demandOver, emptyChange, emptyOperation } from '../../pagetable/hookArguments.js'
import { emptyEvent } from '../../pagetable/passedEvent.js'
import { Kernel } from '../../pagetable/kernel.js'
import { DEPTH, POSITION_WORDS } from '../../pagetable/position.js'
import { describeStack } from '../../pagetable/routine.js'
import { skipsOf } from '../../pagetable/skips.js'
import type { CellWords } from '../cellWords.js'
import type { Arena } from './arena.js'
import { CpuOperations } from './cpuOperations.js'
import type { OperationKind } from './exploreCase.js'
import { ExploreMemory } from './exploreMemory.js'
import { ExplorePort } from './explorePort.js'
import { IS_EXPIRY, KIND, KIND_PREEMPT, TICKET_VALUE } from './exploreWords.js'
import { ExploreWitness } from './exploreWitness.js'
import type { PortParts } from './portParts.js'
import { forgetDeadWords } from './privateWords.js'
import { StoreBuffer } from './storeBuffer.js'

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
  readonly operations: CpuOperations
  readonly port: ExplorePort
  readonly strategy: Strategy
  readonly buffer: StoreBuffer
  readonly p: Int32Array
  readonly memory: ExploreMemory
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
    this.operations = new CpuOperations(plan.role, plan.pageCount, parts, this.#context, this.kernel)
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

import { type Change, reachedSerial } from '../contract/change.js'
import type { Operation } from '../contract/operation.js'
import type { Port } from '../contract/port.js'
import type { Demand, Strategy } from '../contract/strategy.js'
import { AGAIN, DONE, SETTLED, type Ticket, waits } from '../contract/ticket.js'
import { emptyOperation } from './hookArguments.js'
import { PartPort } from './partPort.js'

/** Where the task of a CPU stands, in private words: which hook, which part of it, then what the hook was called with. */
const HOOK = 0
const PART = 1
/** Parts whose SETTLED is still missing from a `finished`, as bits; NOTHING_DUE: no part has changed anything. */
const DUE = 2
/** Parts that have changed something since the last `finished` of depth 0, as bits. */
const TOUCHED = 3
const ARGUMENTS = 4
export const COMBINATION_PRIVATES = 13

const NOTHING_DUE = 1 << 30

/** Whoever waits is one part's hook, and nothing follows. */
const ONE = 0
/** One part after the other. */
const BEGAN = 1
const FINISHED = 2
const SWITCHED = 3
const RETIRED = 4

type AboutCpu = (cpu: Port) => void

/** Hooks that see the CPU alone and wait for nothing. */
const ABOUT_CPU = ['idled', 'woke', 'preempted', 'reentered', 'entered', 'left', 'polled'] as const

/**
 * Several strategies as one. What is about a change goes to the part that handles its kind; what is about a CPU or an
 * operation goes to all of them, in their order, the fallback last. Where a part makes the CPU wait the others come
 * after it: a CPU has one ticket.
 */
export class CombinedStrategy implements Strategy {
  readonly #parts: readonly Strategy[]
  readonly #ports: readonly PartPort[]
  readonly #ofKind: readonly number[]
  readonly #hasTicks: readonly boolean[]
  /** First of this class's private words. */
  readonly #at: number
  readonly #operation: Operation = emptyOperation()
  began?: NonNullable<Strategy['began']>
  changing?: NonNullable<Strategy['changing']>
  covered?: NonNullable<Strategy['covered']>
  switching?: NonNullable<Strategy['switching']>
  retired?: NonNullable<Strategy['retired']>
  filling?: NonNullable<Strategy['filling']>
  ticked?: NonNullable<Strategy['ticked']>
  idled?: AboutCpu
  woke?: AboutCpu
  preempted?: AboutCpu
  reentered?: AboutCpu
  entered?: AboutCpu
  left?: AboutCpu
  polled?: AboutCpu

  /** @param hasTicks by part: whether it asks for ticks */
  constructor(
    parts: readonly Strategy[],
    ofKind: readonly number[],
    hasTicks: readonly boolean[],
    at: number,
  ) {
    this.#parts = parts
    this.#ports = parts.map((_, part) => new PartPort(part, parts.length, part === parts.length - 1))
    this.#ofKind = ofKind
    this.#hasTicks = hasTicks
    this.#at = at
    const some = (hook: keyof Strategy) => parts.some((part) => part[hook] !== undefined)
    // Where no part has a hook the kernel side takes another path.
    if (some('began')) this.began = (cpu, operation) => this.#bracket(cpu, BEGAN, 0, operation)
    if (some('changing')) this.changing = (cpu, change) => this.#changing(cpu, change)
    if (some('covered'))
      this.covered = (cpu, owner, serial, tag, space, obligations) =>
        this.#covered(cpu, owner, serial, tag, space, obligations)
    if (some('switching')) this.switching = (cpu, from, to) => this.#switching(cpu, from, to)
    if (some('retired')) this.retired = (cpu, space) => this.#withSpace(cpu, RETIRED, 0, space)
    if (parts[parts.length - 1].filling !== undefined)
      this.filling = (cpu, space, page, entry) => this.#filling(cpu, space, page, entry)
    if (some('ticked')) this.ticked = (cpu) => this.#ticked(cpu)
    for (const hook of ABOUT_CPU) if (some(hook)) this[hook] = (cpu) => this.#each(cpu, hook)
  }

  #port(cpu: Port, part: number): PartPort {
    const port = this.#ports[part]
    port.port = cpu
    return port
  }

  #switching(cpu: Port, from: number, to: number): void {
    for (let part = 0; part < this.#parts.length; part++)
      this.#parts[part].switching?.(this.#port(cpu, part), from, to)
  }

  #ticked(cpu: Port): void {
    for (let part = 0; part < this.#parts.length; part++)
      if (this.#hasTicks[part]) this.#parts[part].ticked?.(this.#port(cpu, part))
  }

  #each(cpu: Port, hook: (typeof ABOUT_CPU)[number]): void {
    for (let part = 0; part < this.#parts.length; part++) this.#parts[part][hook]?.(this.#port(cpu, part))
  }

  /** User pages, which are the fallback's. */
  #filling(cpu: Port, space: number, page: number, entry: number): Ticket {
    const part = this.#parts.length - 1
    return this.#one(cpu, part, this.#parts[part].filling!(this.#port(cpu, part), space, page, entry))
  }

  #changing(cpu: Port, change: Change): Ticket {
    const part = this.#ofKind[change.kind]
    return this.#one(cpu, part, this.#parts[part].changing?.(this.#port(cpu, part), change) ?? DONE)
  }

  changed(cpu: Port, change: Change): Ticket {
    const part = this.#ofKind[change.kind]
    cpu.set(this.#at + TOUCHED, cpu.get(this.#at + TOUCHED) | (1 << part))
    return this.#one(cpu, part, this.#parts[part].changed(this.#port(cpu, part), change))
  }

  /** All of its changes belong to one part (demandParts.ts). */
  demanded(cpu: Port, demand: Demand): Ticket {
    const count = this.#parts.length
    const part = demand.owners[0] % count
    for (let i = 0; i < demand.count; i++) demand.owners[i] = Math.floor(demand.owners[i] / count)
    return this.#one(cpu, part, this.#parts[part].demanded(this.#port(cpu, part), demand))
  }

  #covered(
    cpu: Port,
    owner: number,
    serial: number,
    tag: number,
    space: number,
    obligations: number,
  ): boolean {
    const count = this.#parts.length
    const part = owner % count
    const strategy = this.#parts[part]
    if (strategy.covered === undefined) return reachedSerial(cpu.settledUpTo(owner), serial)
    const by = Math.floor(owner / count)
    return strategy.covered(this.#port(cpu, part), by, serial, tag, space, obligations)
  }

  #one(cpu: Port, part: number, ticket: Ticket): Ticket {
    if (isWaiting(ticket)) {
      cpu.set(this.#at + HOOK, ONE)
      cpu.set(this.#at + PART, part)
    }
    return ticket
  }

  finished(cpu: Port, operation: Operation): Ticket {
    const touched = cpu.get(this.#at + TOUCHED)
    cpu.set(this.#at + DUE, touched === 0 ? NOTHING_DUE : touched)
    if (operation.depth === 0) cpu.set(this.#at + TOUCHED, 0)
    return this.#bracket(cpu, FINISHED, 0, operation)
  }

  /** `began` or `finished` of each part from the first one on. */
  #bracket(cpu: Port, hook: number, first: number, operation: Operation): Ticket {
    for (let part = first; part < this.#parts.length; part++) {
      const ticket = this.#callBracket(cpu, hook, part, operation)
      if (isWaiting(ticket)) {
        this.#keep(cpu, hook, part)
        keepOperation(cpu, this.#at + ARGUMENTS, operation)
        return ticket
      }
      this.#note(cpu, hook, part, ticket)
    }
    return this.#end(cpu, hook)
  }

  #callBracket(cpu: Port, hook: number, part: number, operation: Operation): Ticket {
    const port = this.#port(cpu, part)
    const strategy = this.#parts[part]
    return hook === BEGAN ? (strategy.began?.(port, operation) ?? DONE) : strategy.finished(port, operation)
  }

  /** Every part but the last has published itself, and flushed what it must, before the last one loads the space. */
  switched(cpu: Port, to: number): Ticket {
    return this.#withSpace(cpu, SWITCHED, 0, to)
  }

  /** `switched` or `retired` of each part from the first one on. */
  #withSpace(cpu: Port, hook: number, first: number, space: number): Ticket {
    for (let part = first; part < this.#parts.length; part++) {
      const strategy = this.#parts[part]
      const port = this.#port(cpu, part)
      const ticket =
        hook === SWITCHED ? strategy.switched(port, space) : (strategy.retired?.(port, space) ?? DONE)
      if (!isWaiting(ticket)) continue
      this.#keep(cpu, hook, part)
      cpu.set(this.#at + ARGUMENTS, space)
      return ticket
    }
    cpu.set(this.#at + ARGUMENTS, 0)
    return DONE
  }

  resumed(cpu: Port, ticket: Ticket): Ticket {
    const part = cpu.get(this.#at + PART)
    const next = this.#parts[part].resumed(this.#port(cpu, part), ticket)
    if (isWaiting(next)) return next
    const hook = cpu.get(this.#at + HOOK)
    this.#keep(cpu, ONE, 0)
    if (hook === ONE) return next
    if (hook === SWITCHED || hook === RETIRED)
      return this.#withSpace(cpu, hook, part + 1, cpu.get(this.#at + ARGUMENTS))
    this.#note(cpu, hook, part, next)
    readOperation(cpu, this.#at + ARGUMENTS, this.#operation)
    return this.#bracket(cpu, hook, part + 1, this.#operation)
  }

  #keep(cpu: Port, hook: number, part: number): void {
    cpu.set(this.#at + HOOK, hook)
    cpu.set(this.#at + PART, part)
  }

  #note(cpu: Port, hook: number, part: number, ticket: Ticket): void {
    if (hook !== FINISHED || ticket !== SETTLED) return
    cpu.set(this.#at + DUE, cpu.get(this.#at + DUE) & ~(1 << part))
  }

  /** SETTLED claims all changes of the operation: only where each part that has made some says so. */
  #end(cpu: Port, hook: number): Ticket {
    for (let word = ARGUMENTS; word < COMBINATION_PRIVATES; word++) cpu.set(this.#at + word, 0)
    if (hook !== FINISHED) return DONE
    const due = cpu.get(this.#at + DUE)
    cpu.set(this.#at + DUE, 0)
    return due === 0 ? SETTLED : DONE
  }

  interrupted(cpu: Port): typeof DONE | typeof AGAIN {
    let outcome: typeof DONE | typeof AGAIN = DONE
    for (let part = 0; part < this.#parts.length; part++)
      if (this.#parts[part].interrupted(this.#port(cpu, part)) === AGAIN) outcome = AGAIN
    return outcome
  }
}

function isWaiting(ticket: Ticket): boolean {
  return ticket === AGAIN || waits(ticket)
}

/** `resumed` sees no operation. */
function keepOperation(cpu: Port, at: number, operation: Operation): void {
  cpu.set(at, operation.id)
  cpu.set(at + 1, operation.depth)
  cpu.set(at + 2, operation.level)
  cpu.set(at + 3, operation.kind)
  cpu.set(at + 4, operation.space)
  cpu.set(at + 5, operation.firstPage)
  cpu.set(at + 6, operation.pageCount)
  cpu.set(at + 7, operation.wholeSpace ? 1 : 0)
  cpu.set(at + 8, operation.crowded ? 1 : 0)
}

function readOperation(cpu: Port, at: number, operation: Operation): void {
  operation.id = cpu.get(at)
  operation.depth = cpu.get(at + 1)
  operation.level = cpu.get(at + 2)
  operation.kind = cpu.get(at + 3)
  operation.space = cpu.get(at + 4)
  operation.firstPage = cpu.get(at + 5)
  operation.pageCount = cpu.get(at + 6)
  operation.wholeSpace = cpu.get(at + 7) !== 0
  operation.crowded = cpu.get(at + 8) !== 0
}

import { DONE } from '../../contract/ticket.js'
import { PRESENT, USER, WRITABLE } from '../../contract/page.js'
import { ViolationList } from '../../oracle/violations.js'
import { DRAIN_TICKS, judgeDrain } from '../plan.js'
import { DEVICE_FLAGS, FIRST_SPACE, OTHER_SPACE, SHARED_HANDLE } from './cpuOperations.js'
import type { ExploreCpu } from './exploreCpu.js'
import { sharedFlags, type ExploreMachine } from './exploreMachine.js'
import { IN_HANDLER, OPERATIONS_LEFT, PENDING_INTERRUPT, SPURIOUS_LEFT, TICKS_LEFT } from './exploreWords.js'
import {
  ACT_AGAIN,
  ACT_ENTER,
  ACT_INTERRUPT,
  ACT_KERNEL,
  ACT_POLL,
  ACT_REENTER,
  ACT_RESUME,
  ACT_TICK,
  ACT_WAKE,
  actionOf,
} from './actions.js'
import type { Transitions } from './transitions.js'

/** Turns of all CPUs without an end: whatever waits now waits for ever. */
const MOST_TURNS = 10_000

/**
 * What happens before and after the search, one step after the other and in one order only: the
 * mappings are made, and at the end everything that is still held is demanded.
 */
export class Settle {
  readonly #machine: ExploreMachine
  readonly #transitions: Transitions

  constructor(machine: ExploreMachine, transitions: Transitions) {
    this.#machine = machine
    this.#transitions = transitions
  }

  /** All CPUs run the first space; the pages are there as far as the frames go. The state after that is where the search begins. */
  setUp(): void {
    const { cpus, plan, arena, clock } = this.#machine
    const { pageCount, alphabet, frameCount, operationCount, tickCount, spuriousCount } = plan.case
    // No tick is taken here. Without ticks to take the clock would stand at their end, and go back later.
    for (const cpu of cpus) arena.set(cpu.state + TICKS_LEFT, tickCount)
    clock.free()
    for (const cpu of cpus) this.#call(cpu, () => cpu.kernel.switchTo(FIRST_SPACE))
    this.#call(cpus[0], () => cpus[0].kernel.map(SHARED_HANDLE, pageCount, sharedFlags(plan.case)))
    if (alphabet.includes('adviseOther')) this.#mapOther(cpus[0])
    if (alphabet.includes('remap')) {
      for (const cpu of cpus) this.#call(cpu, () => cpu.kernel.map(1 + cpu.id, 1, WRITABLE))
    }
    for (let page = 0; page < Math.min(pageCount, frameCount); page++)
      for (const cpu of this.#touching) this.#call(cpu, () => cpu.operations.begin({ kind: 'touch', page }))
    if (alphabet.includes('remap')) {
      for (const cpu of cpus.slice(0, Math.max(0, frameCount - pageCount)))
        this.#call(cpu, () => cpu.operations.begin({ kind: 'populate', page: 0 }))
    }
    if (alphabet.includes('dma')) {
      for (const cpu of cpus) this.#call(cpu, () => cpu.kernel.map(1 + cpu.id, 1, DEVICE_FLAGS))
    }
    for (const cpu of cpus) {
      // Set up long ago: what was stored then has been visible for as long.
      cpu.buffer.drain()
      arena.set(cpu.state + OPERATIONS_LEFT, operationCount)
      arena.set(cpu.state + SPURIOUS_LEFT, spuriousCount)
    }
    clock.bound()
    arena.begin()
    this.#machine.log.preemption = plan.case.preemption
    this.#machine.speculation.isOn = plan.case.fills === 'late'
  }

  /** One fault makes a page present for all, except where each CPU has a table of its own. */
  get #touching(): readonly ExploreCpu[] {
    const { cpus, cell } = this.#machine
    return cell.hasOwnTables ? cpus : cpus.slice(0, 1)
  }

  /** The first CPU goes there to make it, and comes back. */
  #mapOther(cpu: ExploreCpu): void {
    this.#call(cpu, () => cpu.kernel.switchTo(OTHER_SPACE))
    this.#call(cpu, () => cpu.kernel.map(cpu.operations.otherHandle, 1, WRITABLE))
    const page = this.#machine.held.pages.find(({ space }) => space === OTHER_SPACE)?.page ?? 0
    this.#call(cpu, () => cpu.kernel.fault(page, PRESENT | USER, cpu.operations.otherHandle))
    this.#call(cpu, () => cpu.kernel.switchTo(FIRST_SPACE))
  }

  #call(cpu: ExploreCpu, enter: () => void): void {
    enter()
    cpu.commitPrivates()
    const hasEnded = this.#runOut()
    const { finding } = this.#machine.oracle
    if (finding !== null) throw new Error(`the explorer cannot set its case up: ${finding.message}`)
    if (!hasEnded) throw new Error('the explorer cannot set its case up: a CPU waits for ever')
  }

  /** Runs until nothing is under way; false when something never ends. */
  #runOut(): boolean {
    const { cpus } = this.#machine
    for (let turn = 0; turn < MOST_TURNS; turn++) {
      let isQuiet = true
      for (const cpu of cpus) {
        if (this.#looks(cpu) || this.#turn(cpu)) isQuiet = false
      }
      if (isQuiet) return cpus.every((cpu) => cpu.isInUserMode)
    }
    return false
  }

  /** Whether a look found anything to do. */
  #looks(cpu: ExploreCpu): boolean {
    if (cpu.strategy.polled === undefined || cpu.kernel.isUninterruptible) return false
    const { arena } = this.#machine
    const { hashLow, hashHigh } = arena
    this.#transitions.apply(actionOf(cpu.id, ACT_POLL))
    return arena.hashLow !== hashLow || arena.hashHigh !== hashHigh
  }

  #turn(cpu: ExploreCpu): boolean {
    const { words } = this.#machine.arena
    // Nothing is raced here, and what others wait for must come: stores reach memory at once, and broadcasts their targets.
    cpu.buffer.drain()
    this.#machine.broadcasts.deliverAll(cpu.id)
    if (words[cpu.state + IN_HANDLER] !== 0) return this.#transitions.apply(actionOf(cpu.id, ACT_AGAIN))
    if (cpu.kernel.isPreempted) return this.#transitions.apply(actionOf(cpu.id, ACT_REENTER))
    if (cpu.kernel.isCpuIdle) return this.#transitions.apply(actionOf(cpu.id, ACT_WAKE))
    const isCalled = words[cpu.state + PENDING_INTERRUPT] !== 0 || !cpu.isInUserMode
    if (isCalled && cpu.kernel.isInUserMode) return this.#transitions.apply(actionOf(cpu.id, ACT_ENTER))
    if (words[cpu.state + PENDING_INTERRUPT] !== 0)
      return this.#transitions.apply(actionOf(cpu.id, ACT_INTERRUPT))
    if (cpu.kernel.ticket !== DONE)
      return cpu.isTicketSatisfied && this.#transitions.apply(actionOf(cpu.id, ACT_RESUME))
    return !cpu.isInUserMode && this.#transitions.apply(actionOf(cpu.id, ACT_KERNEL))
  }

  /** I9: two sweeps of every CPU and more, then a demand for everything; nothing may be held after that. Takes back all that it does. */
  judgeEnd(): void {
    const { arena, clock, cpus, cell, log, speculation, oracle, plan } = this.#machine
    const { trailLength, hashLow, hashHigh } = arena
    log.preemption = 'none'
    speculation.isOn = false
    clock.free()
    const violations = new ViolationList()
    for (const cpu of cpus) if (cpu.kernel.isPreempted) this.#transitions.apply(actionOf(cpu.id, ACT_REENTER))
    for (const cpu of cpus) if (cpu.kernel.isCpuIdle) this.#transitions.apply(actionOf(cpu.id, ACT_WAKE))
    for (const cpu of cpus) if (cpu.kernel.isInUserMode) this.#transitions.apply(actionOf(cpu.id, ACT_ENTER))
    for (let tick = 0; tick < DRAIN_TICKS; tick++) {
      for (const cpu of cpus)
        if (cpu.strategy.ticked !== undefined) this.#transitions.apply(actionOf(cpu.id, ACT_TICK))
    }
    const left = cpus.map((cpu) => {
      cpu.kernel.drain()
      if (this.#runOut()) return this.#transitions.lastResult
      oracle.report('I8', cpu.id, 0, `CPU ${cpu.id} never gets what it holds settled`)
      return 0
    })
    if (oracle.finding === null) judgeDrain(cell, cpus[0].memory, left, violations)
    const [first] = violations.kept
    if (first !== undefined) oracle.report(first.invariant, first.cpu, first.page, first.message)
    arena.undoTo(trailLength, hashLow, hashHigh)
    for (const cpu of cpus) cpu.restorePrivates()
    speculation.isOn = plan.case.fills === 'late'
    log.preemption = plan.case.preemption
  }
}

import { DONE } from '../../contract/ticket.js'
import {
  ACT_AGAIN,
  ACT_COMMIT,
  ACT_CONTINUE,
  ACT_DELIVER,
  ACT_ENTER,
  ACT_FILL,
  ACT_INTERRUPT,
  ACT_KERNEL,
  ACT_LEAVE,
  ACT_OPERATION,
  ACT_POLL,
  ACT_REENTER,
  ACT_RESUME,
  ACT_SPURIOUS,
  ACT_TICK,
  ACT_WAKE,
  actionOf,
} from './actions.js'
import { isReduced } from './exploreCase.js'
import type { ExploreCpu } from './exploreCpu.js'
import type { ExploreMachine } from './exploreMachine.js'
import {
  IN_HANDLER,
  KIND,
  KIND_NONE,
  OPERATIONS_LEFT,
  PENDING_INTERRUPT,
  SPURIOUS_LEFT,
  TICKS_LEFT,
} from './exploreWords.js'

/** Kinds of action that a CPU has at most once in a state. */
const OWN_ACTIONS = 13

/** Which single steps the machine can take in the state that it is in. */
export class EnabledActions {
  protected readonly machine: ExploreMachine
  readonly #takesTicks: boolean
  readonly #polls: boolean
  readonly #isReduced: boolean
  /** The state that `enabled` was asked about last has actions that the symmetry leaves out. */
  holdsBack = false

  constructor(machine: ExploreMachine) {
    this.machine = machine
    this.#takesTicks = machine.cpus[0].strategy.ticked !== undefined
    this.#polls = machine.cpus[0].strategy.polled !== undefined
    const { module, parameters } = machine.plan
    this.#isReduced = isReduced(machine.plan.case, module.assumes(parameters).symmetric === true)
  }

  /** A word of the engine of a CPU. */
  protected get(cpu: ExploreCpu, word: number): number {
    return this.machine.arena.words[cpu.state + word]
  }

  /** Actions that any state has at most: per CPU one for each page, each operation, each broadcast, and a few of its own. */
  get mostActions(): number {
    const { cpus, held, operations, broadcasts } = this.machine
    return cpus.length * (held.pages.length + operations.length + broadcasts.most + OWN_ACTIONS)
  }

  /** Writes the actions that are possible now to `into` from `at` on; how many. */
  enabled(into: Int32Array, at: number): number {
    let end = at
    let mayBegin = true
    this.holdsBack = false
    for (const cpu of this.machine.cpus) {
      end = this.#enabledOf(cpu, into, end, mayBegin)
      const isUntouched = this.get(cpu, OPERATIONS_LEFT) === this.machine.plan.case.operationCount
      // All that have not begun are alike: trying the first of them is trying all.
      if (this.#isReduced && isUntouched) mayBegin = false
    }
    return end - at
  }

  #enabledOf(cpu: ExploreCpu, into: Int32Array, at: number, mayBegin: boolean): number {
    const { id } = cpu
    let end = at
    if (this.machine.plan.case.fills === 'anytime') {
      for (let index = 0; index < this.machine.held.pages.length; index++) {
        if (this.machine.speculation.couldFill(id, index)) into[end++] = actionOf(id, ACT_FILL, index)
      }
    }
    if (cpu.buffer.count > 0) into[end++] = actionOf(id, ACT_COMMIT)
    // Hardware does it, in the middle of a hook or a handler and with interrupts off.
    const { broadcasts } = this.machine
    for (let number = 0; number < broadcasts.most; number++)
      if (broadcasts.isDue(id, number)) into[end++] = actionOf(id, ACT_DELIVER, number)
    if (this.get(cpu, KIND) !== KIND_NONE) {
      into[end++] = actionOf(id, ACT_CONTINUE)
      return end
    }
    if (this.get(cpu, IN_HANDLER) !== 0) {
      into[end++] = actionOf(id, ACT_AGAIN)
      return end
    }
    if (cpu.kernel.isPreempted) {
      into[end++] = actionOf(id, ACT_REENTER)
      return end
    }
    if (this.#polls && !cpu.kernel.isUninterruptible) into[end++] = actionOf(id, ACT_POLL)
    if (cpu.kernel.isCpuIdle) {
      into[end++] = actionOf(id, ACT_WAKE)
      return end
    }
    if (cpu.kernel.isUninterruptible) {
      into[end++] = actionOf(id, ACT_KERNEL)
      return end
    }
    if (cpu.kernel.isInUserMode) {
      into[end++] = actionOf(id, ACT_ENTER)
      return end
    }
    if (this.get(cpu, PENDING_INTERRUPT) !== 0) into[end++] = actionOf(id, ACT_INTERRUPT)
    else if (this.get(cpu, SPURIOUS_LEFT) > 0) into[end++] = actionOf(id, ACT_SPURIOUS)
    if (this.#takesTicks && this.get(cpu, TICKS_LEFT) > 0) into[end++] = actionOf(id, ACT_TICK)
    if (cpu.kernel.ticket !== DONE) {
      if (cpu.isTicketSatisfied) into[end++] = actionOf(id, ACT_RESUME)
      return end
    }
    if (!cpu.isInUserMode) {
      into[end++] = actionOf(id, ACT_KERNEL)
      return end
    }
    if (cpu.kernel.tellsCrossings) into[end++] = actionOf(id, ACT_LEAVE)
    const { operations } = this.machine
    if (!mayBegin) {
      this.holdsBack ||= operations.some((operation) => cpu.operations.canBegin(operation))
      return end
    }
    for (let index = 0; index < operations.length; index++) {
      if (cpu.operations.canBegin(operations[index])) into[end++] = actionOf(id, ACT_OPERATION, index)
    }
    return end
  }

  /** Nothing is under way and nobody can begin anything; ticks may still come. */
  get isFinal(): boolean {
    if (!this.machine.broadcasts.isQuiet) return false
    return this.machine.cpus.every(
      (cpu) =>
        this.get(cpu, KIND) === KIND_NONE &&
        this.get(cpu, IN_HANDLER) === 0 &&
        this.get(cpu, PENDING_INTERRUPT) === 0 &&
        cpu.buffer.count === 0 &&
        cpu.isInUserMode &&
        !this.machine.operations.some((operation) => cpu.operations.canBegin(operation)),
    )
  }
}

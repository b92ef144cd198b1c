import { AGAIN } from '../../contract/ticket.js'
import { RESULT } from '../../pagetable/position.js'
import {
  ACT_AGAIN,
  ACT_COMMIT,
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
  cpuOf,
  kindOf,
  paramOf,
} from './actions.js'
import { EnabledActions } from './enabledActions.js'
import type { OperationKind } from './exploreCase.js'
import type { ExploreCpu } from './exploreCpu.js'
import {
  IN_BATCH,
  IN_HANDLER,
  KIND,
  KIND_ENTER,
  KIND_IDLE,
  KIND_INTERRUPT,
  KIND_KERNEL,
  KIND_LEAVE,
  KIND_NONE,
  KIND_OPERATION,
  KIND_POLL,
  KIND_PREEMPT,
  KIND_REENTER,
  KIND_RESUME,
  KIND_TICK,
  KIND_WAKE,
  OPERATIONS_LEFT,
  PARAM,
  PENDING_INTERRUPT,
  SPURIOUS_LEFT,
  TICKS_LEFT,
} from './exploreWords.js'
import { HOOK_KINDS, runHook } from './hookSteps.js'
import { PREEMPTED } from './stepLog.js'
import { describeThrown, isOutOfResources } from './thrown.js'

/** Operations that are no calls into the kernel side. */
const KIND_OF: Partial<Record<OperationKind, number>> = { idle: KIND_IDLE, preempt: KIND_PREEMPT }

/** In the place of an invariant: a hook has thrown, or a step never ends. */
export const BROKEN = 'error'

/** Takes single steps of the machine. */
export class Transitions extends EnabledActions {
  /** What the routine that has just ended returned; cleared with the other dead words. */
  lastResult = 0

  #set(cpu: ExploreCpu, word: number, value: number): void {
    this.machine.arena.set(cpu.state + word, value)
  }

  /**
   * @returns false: the action needs memory that is not there, and nothing else can be said of it. The
   *   caller takes back what it wrote.
   */
  apply(action: number): boolean {
    const { oracle } = this.machine
    const cpu = this.machine.cpus[cpuOf(action)]
    switch (kindOf(action)) {
      case ACT_COMMIT:
        cpu.buffer.commitOldest()
        return true
      case ACT_FILL:
        this.machine.speculation.fill(cpu.id, paramOf(action))
        return true
      case ACT_DELIVER:
        this.machine.broadcasts.deliver(cpu.id, paramOf(action))
        return true
      case ACT_INTERRUPT:
        this.#set(cpu, PENDING_INTERRUPT, 0)
        this.#set(cpu, KIND, KIND_INTERRUPT)
        break
      case ACT_SPURIOUS:
        this.#set(cpu, SPURIOUS_LEFT, this.get(cpu, SPURIOUS_LEFT) - 1)
        this.#set(cpu, KIND, KIND_INTERRUPT)
        break
      case ACT_AGAIN:
        this.#set(cpu, KIND, KIND_INTERRUPT)
        break
      case ACT_TICK:
        this.#set(cpu, TICKS_LEFT, this.get(cpu, TICKS_LEFT) - 1)
        this.#set(cpu, KIND, KIND_TICK)
        this.machine.expiring?.dropExpired()
        break
      case ACT_RESUME:
        cpu.leaveTicket()
        this.#set(cpu, KIND, KIND_RESUME)
        break
      case ACT_WAKE:
        this.#set(cpu, KIND, KIND_WAKE)
        break
      case ACT_REENTER:
        this.#set(cpu, KIND, KIND_REENTER)
        break
      case ACT_KERNEL:
        oracle.judgeCpu(cpu.id)
        this.#set(cpu, KIND, KIND_KERNEL)
        break
      case ACT_OPERATION:
        oracle.judgeCpu(cpu.id)
        this.#begin(cpu, paramOf(action))
        break
      case ACT_POLL:
      case ACT_ENTER:
      case ACT_LEAVE:
        this.#set(cpu, KIND, HOOK_KINDS[kindOf(action)])
        break
    }
    if (!this.#run(cpu)) return false
    oracle.judgeAll((id) => this.machine.cpus[id].isInUserMode)
    return true
  }

  #begin(cpu: ExploreCpu, index: number): void {
    const { kind } = this.machine.operations[index]
    const isBatchEnd = kind === 'batch' && this.get(cpu, IN_BATCH) !== 0
    if (!isBatchEnd) this.#set(cpu, OPERATIONS_LEFT, this.get(cpu, OPERATIONS_LEFT) - 1)
    this.#set(cpu, KIND, KIND_OF[kind] ?? KIND_OPERATION)
    this.#set(cpu, PARAM, index)
  }

  #run(cpu: ExploreCpu): boolean {
    const { log, words, operations } = this.machine
    log.begin(words.logs.base + cpu.id * words.logs.stride)
    let isStalled = false
    try {
      switch (this.get(cpu, KIND)) {
        case KIND_KERNEL:
          cpu.kernel.step()
          break
        case KIND_RESUME:
          cpu.kernel.resume()
          break
        case KIND_INTERRUPT:
          isStalled = cpu.strategy.interrupted(cpu.port) === AGAIN
          break
        case KIND_TICK:
          cpu.strategy.ticked?.(cpu.port)
          break
        case KIND_POLL:
        case KIND_ENTER:
        case KIND_LEAVE:
          runHook(cpu, this.get(cpu, KIND))
          break
        case KIND_IDLE:
          cpu.kernel.goIdle()
          break
        case KIND_WAKE:
          cpu.kernel.wake()
          break
        case KIND_PREEMPT:
          cpu.leaveProcessor()
          break
        case KIND_REENTER:
          cpu.kernel.reenter()
          break
        default:
          cpu.operations.begin(operations[this.get(cpu, PARAM)])
          cpu.kernel.step()
      }
    } catch (error) {
      if (error === PREEMPTED) {
        cpu.restorePrivates()
        log.leave()
        return true
      }
      if (isOutOfResources(error)) {
        cpu.restorePrivates()
        return false
      }
      cpu.restorePrivates()
      this.machine.oracle.report(BROKEN, cpu.id, 0, `CPU ${cpu.id} throws ${describeThrown(error)}`)
      return true
    }
    const isBatch =
      this.get(cpu, KIND) === KIND_OPERATION && operations[this.get(cpu, PARAM)].kind === 'batch'
    if (isBatch) this.#set(cpu, IN_BATCH, 1 - this.get(cpu, IN_BATCH))
    if (this.get(cpu, KIND) === KIND_KERNEL) this.lastResult = cpu.p[RESULT]
    this.#set(cpu, KIND, KIND_NONE)
    this.#set(cpu, PARAM, 0)
    this.#set(cpu, IN_HANDLER, isStalled ? 1 : 0)
    log.clear()
    cpu.commitPrivates()
    return true
  }
}

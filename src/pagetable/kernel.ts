import { DONE } from '../contract/ticket.js'
import { HANDLE_FIRST, HANDLE_FLAGS, HANDLE_MAPPED, HANDLE_PINS, HANDLE_SPACE } from '../machine/words.js'
import { COST_SYSTEM_CALL, COST_VCPU_ENTRY, COST_VCPU_EXIT } from '../machine/costs.js'
import type { Context } from './context.js'
import { pushFault } from './fault.js'
import { handleAt } from './handle.js'
import {
  CPU_IDLE,
  CPU_PREEMPTED,
  CPU_TICKLESS,
  DEPTH,
  IN_KERNEL,
  INTERRUPTS_OFF,
  ROUTINE,
  TICKET,
  top,
} from './position.js'
import { pinUntilEnd } from './rangeEdit.js'
import { pushRange } from './rangeOperation.js'
import {
  GO_ON,
  push,
  RAN,
  RETRY,
  RETURNED,
  ROUTINE_BATCH_BEGIN,
  ROUTINE_BATCH_END,
  ROUTINE_DEVICE_ACCESS,
  ROUTINE_DRAIN,
  ROUTINE_GET,
  ROUTINE_MAP,
  ROUTINE_PIN_PAGES,
  ROUTINE_PUT,
  ROUTINE_SWITCH,
  ROUTINE_TEARDOWN,
  ROUTINE_UNMAP,
  ROUTINE_UNMAP_STRICTLY,
  settleTicket,
  WAITING,
  type Outcome,
} from './routine.js'
import { stepRoutine } from './stepRoutine.js'
import { freesTables } from './tableSupply.js'

/**
 * The kernel side of one CPU: starts system calls and faults, and steps whatever is on the stack.
 * Engines call `step` until `isIdle`; when it says WAITING they wait for `ticket`, taking interrupts,
 * and call `resume`.
 */
export class Kernel {
  readonly #context: Context
  /** Whether the strategy is told when this CPU crosses between user code and the kernel. */
  readonly tellsCrossings: boolean

  constructor(context: Context) {
    this.#context = context
    this.tellsCrossings = context.strategy.entered !== undefined || context.strategy.left !== undefined
  }

  get isIdle(): boolean {
    return this.#context.p[DEPTH] === 0
  }

  /** The ticket that the task waits for; DONE if it does not. */
  get ticket(): number {
    return this.#context.p[TICKET]
  }

  map(handle: number, pageCount: number, flags: number): void {
    push(this.#context.p, ROUTINE_MAP, handle, pageCount, flags)
  }

  unmap(handle: number): void {
    push(this.#context.p, ROUTINE_UNMAP, handle)
  }

  get(handle: number, pageCount: number, firstFrame: number): void {
    push(this.#context.p, ROUTINE_GET, handle, pageCount, firstFrame)
  }

  put(handle: number): void {
    push(this.#context.p, ROUTINE_PUT, handle)
  }

  /** Protect or advise away a part of a mapping. */
  change(operation: number, handle: number, firstPage: number, pageCount: number, grant: number): void {
    const { memory, meter } = this.#context
    const at = handleAt(this.#context, handle)
    meter.charge(COST_SYSTEM_CALL, 1)
    const isPinned = freesTables(this.#context)
    if (isPinned) memory.add(at + HANDLE_PINS, 1)
    if (isPinned && memory.load(at + HANDLE_MAPPED) === 0) {
      memory.add(at + HANDLE_PINS, -1)
      return
    }
    const kind = memory.load(at + HANDLE_FLAGS) >>> 8
    pushRange(
      this.#context,
      operation,
      memory.load(at + HANDLE_SPACE),
      memory.load(at + HANDLE_FIRST) + firstPage,
      pageCount,
      kind,
      grant,
    )
    if (isPinned) pinUntilEnd(this.#context, handle)
  }

  fault(page: number, need: number, handle: number): void {
    pushFault(this.#context, page, need, handle)
  }

  beginBatch(): void {
    push(this.#context.p, ROUTINE_BATCH_BEGIN)
  }

  endBatch(): void {
    push(this.#context.p, ROUTINE_BATCH_END)
  }

  switchTo(space: number): void {
    push(this.#context.p, ROUTINE_SWITCH, space)
  }

  /** The space's process exits. This CPU runs another one. */
  tearDown(space: number): void {
    push(this.#context.p, ROUTINE_TEARDOWN, space)
  }

  pin(handle: number, firstPage: number, pageCount: number): void {
    push(this.#context.p, ROUTINE_PIN_PAGES, handle, firstPage, firstPage + pageCount)
  }

  /** The device uses pages of its mapping, and this CPU waits for it. */
  accessDevice(handle: number, firstPage: number, pageCount: number): void {
    push(this.#context.p, ROUTINE_DEVICE_ACCESS, handle, firstPage, firstPage + pageCount)
  }

  /** Whether this CPU takes no interrupts and no ticks now. */
  get isUninterruptible(): boolean {
    return this.#context.p[INTERRUPTS_OFF] !== 0
  }

  /** Whether the CPU has nothing to run. `isIdle` says less: that its kernel has nothing to do. */
  get isCpuIdle(): boolean {
    return this.#context.p[CPU_IDLE] !== 0
  }

  /** Idle from here on: who sees the word that `idled` writes may rely on it. */
  goIdle(): void {
    const { p, strategy, port } = this.#context
    p[CPU_IDLE] = 1
    strategy.idled?.(port)
  }

  /** Idle until `woke` has done what others have left to it. */
  wake(): void {
    const { p, strategy, port } = this.#context
    strategy.woke?.(port)
    p[CPU_IDLE] = 0
  }

  /** Whether the host runs something else on this CPU's processor. */
  get isPreempted(): boolean {
    return this.#context.p[CPU_PREEMPTED] !== 0
  }

  /** Gone from here on, as with `goIdle`. */
  preempt(): void {
    const { p, strategy, port, meter } = this.#context
    meter.charge(COST_VCPU_EXIT, 1)
    p[CPU_PREEMPTED] = 1
    strategy.preempted?.(port)
  }

  /** Gone until `reentered` has done what others have left to it. */
  reenter(): void {
    const { p, strategy, port, meter } = this.#context
    strategy.reentered?.(port)
    meter.charge(COST_VCPU_ENTRY, 1)
    p[CPU_PREEMPTED] = 0
  }

  /** Whether this CPU takes no ticks now. */
  get isTickless(): boolean {
    return this.#context.p[CPU_TICKLESS] !== 0
  }

  setTickless(isOn: boolean): void {
    this.#context.p[CPU_TICKLESS] = isOn ? 1 : 0
  }

  /** Whether no kernel mapping is used here; false where nobody is told of crossings. */
  get isInUserMode(): boolean {
    return this.tellsCrossings && this.#context.p[IN_KERNEL] === 0
  }

  /** Whether no user mapping is used here, but for walks; false where nobody is told of crossings. */
  get isInKernel(): boolean {
    return this.tellsCrossings && this.#context.p[IN_KERNEL] !== 0
  }

  /** In user mode until `entered` has done what others have left to it. @returns whether the CPU has come from there */
  enter(): boolean {
    if (!this.isInUserMode) return false
    const { p, strategy, port } = this.#context
    strategy.entered?.(port)
    p[IN_KERNEL] = 1
    return true
  }

  /** In user mode from here on: who sees the word that `left` writes may rely on it. */
  leave(): void {
    const { p, strategy, port } = this.#context
    p[IN_KERNEL] = 0
    strategy.left?.(port)
  }

  drain(): void {
    push(this.#context.p, ROUTINE_DRAIN)
  }

  /** The ticket is satisfied (or is AGAIN): ask the strategy what next. One hook, so one step. */
  resume(): void {
    const { p, strategy, port } = this.#context
    // The wait for a strict flush is the kernel side's own.
    const isOwn = p[top(p) + ROUTINE] === ROUTINE_UNMAP_STRICTLY
    settleTicket(p, isOwn ? DONE : strategy.resumed(port, p[TICKET]))
  }

  /** Up to the next hook, the next entry written, or the end of the call: what lies between concerns nobody else. */
  step(): Outcome {
    const { p } = this.#context
    if (p[TICKET] !== DONE) return WAITING
    for (let isFirst = true; ; isFirst = false) {
      const at = top(p)
      const outcome = stepRoutine(this.#context, p[at + ROUTINE], at)
      if (outcome === GO_ON) continue
      // What met a lock on its way has got as far as that: the next step will say RETRY, and leave no trace.
      if (outcome === RETRY) return isFirst ? RETRY : RAN
      if (outcome !== RETURNED) return outcome
      if (p[DEPTH] === 0) return RAN
    }
  }
}

import { DIRECT_MAP_BASE, DIRTY, PRESENT, USER, WRITABLE } from '../contract/page.js'
import {
  ACCESS_WRITE,
  INSTRUCTION_WORDS,
  ROLE_INNOCENT,
  TAPE_ACCESS,
  TAPE_ACCESS_DIRECT,
  TAPE_ACCESS_KERNEL,
  TAPE_AWAIT_READERS,
  TAPE_BARRIER,
  TAPE_COMPUTE,
  TAPE_END,
  TAPE_IDLE,
  TAPE_LOOP,
  TAPE_LOOP_END,
  TAPE_OP_BEGIN,
  TAPE_OP_END,
  TAPE_PAUSE,
  TAPE_PREEMPT,
  TAPE_TICK,
  TAPE_TICKLESS,
  type Tape,
} from '../contract/tape.js'
import { COUNT_PASSED_OVER } from '../machine/counters.js'
import { HANDLE_FIRST, HANDLE_MAPPED } from '../machine/words.js'
import { RESULT } from '../pagetable/position.js'
import { RAN, RETRY, type Outcome } from '../pagetable/routine.js'
import type { AccessUnit } from './accessUnit.js'
import { cross, mustCross } from './crossing.js'
import { isLocal } from './localInstructions.js'
import { MISSED, MISSED_FAULT, WOULD_MISS } from './accessUnit.js'
import type { TapeCpu } from './tapeCpu.js'
import { enterKernel } from './enterKernel.js'
import { Rendezvous } from './rendezvous.js'
import { AT, describeTape, DONE_PAGES, LOOP_DEPTH, LOOP_WORDS, LOOPS, PART } from './tapeState.js'

/** The tape has come to the end of the section. */
export const ENDED = 4
/** The tape waits until a time: `waitUntilNs`. */
export const PAUSED = 5
/** The next access misses and may not be served out of turn (AccessUnit.mayMiss). */
export const OUT_OF_TURN = 6
/** An access missed and was served. */
export const WALKED = 7
/** The CPU has come into the kernel, or has left it; only where the strategy is told. */
export const CROSSED = 9
export type TapeOutcome =
  | Outcome
  | typeof CROSSED
  | typeof ENDED
  | typeof PAUSED
  | typeof OUT_OF_TURN
  | typeof WALKED

/**
 * Runs one CPU's tape, a step at a time: one instruction, one step of the kernel, or a run of
 * accesses that hit. It holds nothing but words, and asks the engine for time only.
 */
export class Interpreter {
  readonly #cpu: TapeCpu
  readonly #tape: Tape
  readonly #access: AccessUnit
  readonly #rendezvous: Rendezvous
  readonly #state: Int32Array
  /** When PAUSED ends. */
  waitUntilNs = Number.NaN
  /** Nanoseconds of compute that are left; engines take from it. */
  computeLeftNs = 0
  #opBeganNs = Number.NaN
  /** Latencies of the timed ops, in order. */
  opsNs: number[] = []
  isRecording = false

  constructor(cpu: TapeCpu, tape: Tape, access: AccessUnit) {
    this.#cpu = cpu
    this.#tape = tape
    this.#access = access
    const { cell, privates } = cpu
    this.#state = privates.subarray(cell.tapeAt, cell.strategyAt)
    this.#rendezvous = new Rendezvous(cpu, this.#state)
  }

  set mayMiss(value: boolean) {
    this.#access.mayMiss = value
  }

  /** Goes to the setup section or to the body. */
  rewind(toBody: boolean): void {
    this.#state[AT] = toBody ? this.#tape.bodyAt : 0
    this.#state[DONE_PAGES] = 0
    this.#state[LOOP_DEPTH] = 0
    this.#state[PART] = 0
  }

  get isInnocent(): boolean {
    return this.#tape.role === ROLE_INNOCENT
  }

  /** For watchdogs. */
  describe(): string {
    return describeTape(this.#tape, this.#state)
  }

  /**
   * @param budget accesses that may be done in this step at most
   * @param endAt word at which the section ends: `bodyAt` for the setup, the tape's end for the body
   */
  step(budget: number, endAt: number): TapeOutcome {
    const kernel = this.#cpu.kernel
    const state = this.#state
    if (kernel.tellsCrossings && cross(kernel, this.#opcode(endAt))) return CROSSED
    if (!kernel.isIdle) return kernel.step()
    const code = this.#tape.instructions
    const at = state[AT]
    if (at >= endAt) return ENDED
    const word = code[at]
    const a = code[at + 1]
    switch (word & 0xff) {
      case TAPE_END:
        return ENDED
      case TAPE_ACCESS:
      case TAPE_ACCESS_DIRECT:
      case TAPE_ACCESS_KERNEL:
        return this.#run(at, word, budget)
      case TAPE_OP_BEGIN:
        this.#opBeganNs = this.#cpu.nowNs()
        return this.#next()
      case TAPE_OP_END:
        if (this.isRecording) this.opsNs.push(this.#cpu.nowNs() - this.#opBeganNs)
        return this.#next()
      case TAPE_PAUSE:
        this.waitUntilNs = this.#cpu.nowNs() + a
        this.#next()
        return PAUSED
      case TAPE_IDLE:
        kernel.goIdle()
        this.waitUntilNs = this.#cpu.nowNs() + a
        this.#next()
        return PAUSED
      case TAPE_PREEMPT:
        kernel.preempt()
        this.waitUntilNs = this.#cpu.nowNs() + a
        this.#next()
        return PAUSED
      case TAPE_TICKLESS:
        kernel.setTickless(a !== 0)
        return this.#next()
      case TAPE_COMPUTE:
        this.computeLeftNs = a
        return this.#next()
      case TAPE_LOOP:
        return this.#beginLoop(a)
      case TAPE_LOOP_END:
        return this.#endLoop()
      case TAPE_BARRIER:
        return this.#waitFor(this.#rendezvous.barrier(PART))
      case TAPE_AWAIT_READERS:
        return this.#waitFor(this.#rendezvous.awaitReaders(PART))
      case TAPE_TICK:
        return this.#waitFor(this.#rendezvous.tickAll(PART))
      default:
        if (!enterKernel(kernel, word, a, code[at + 2], code[at + 3]))
          throw new Error(`unknown tape instruction ${word} at ${at}`)
        return this.#next()
    }
  }

  #opcode(endAt: number): number {
    const at = this.#state[AT]
    return at < endAt ? this.#tape.instructions[at] & 0xff : TAPE_END
  }

  #next(): TapeOutcome {
    this.#state[AT] += INSTRUCTION_WORDS
    this.#state[PART] = 0
    return RAN
  }

  #waitFor(isOver: boolean): TapeOutcome {
    return isOver ? this.#next() : RETRY
  }

  #beginLoop(times: number): TapeOutcome {
    const state = this.#state
    const loop = LOOPS + state[LOOP_DEPTH] * LOOP_WORDS
    state[LOOP_DEPTH]++
    state[loop] = times
    state[loop + 1] = state[AT] + INSTRUCTION_WORDS
    return this.#next()
  }

  #endLoop(): TapeOutcome {
    const state = this.#state
    const loop = LOOPS + (state[LOOP_DEPTH] - 1) * LOOP_WORDS
    state[loop]--
    if (state[loop] === 0) {
      state[LOOP_DEPTH]--
      return this.#next()
    }
    state[AT] = state[loop + 1]
    return RAN
  }

  /** A run of accesses, up to the budget; a miss ends the step, a fault enters the kernel. */
  #run(at: number, word: number, budget: number): TapeOutcome {
    const state = this.#state
    const code = this.#tape.instructions
    const isDirect = (word & 0xff) === TAPE_ACCESS_DIRECT
    const count = code[at + 3]
    let firstPage = DIRECT_MAP_BASE + code[at + 2]
    if (!isDirect) {
      const { memory, cell } = this.#cpu
      const handle = cell.machine.handles.base + code[at + 1] * cell.machine.handles.stride
      if (memory.load(handle + HANDLE_MAPPED) === 0) return this.#passOver(count)
      firstPage = memory.load(handle + HANDLE_FIRST) + code[at + 2]
    }
    if (state[PART] === 1) {
      // The kernel has handled the fault of the page at which the run stopped.
      state[PART] = 0
      if (this.#cpu.p[RESULT] === 0) {
        this.#cpu.counters[COUNT_PASSED_OVER]++
        state[DONE_PAGES]++
      }
    }
    const left = count - state[DONE_PAGES]
    const need = needOf(word)
    const wanted = Math.min(left, budget)
    const page = firstPage + state[DONE_PAGES]
    // Nothing is wanted when the last page of the run has just been passed over.
    const outcome = this.#access.run(page, Math.max(0, wanted), need)
    state[DONE_PAGES] += this.#access.done
    if (outcome === MISSED_FAULT) return this.#fault(at, isDirect, firstPage, need)
    if (outcome === WOULD_MISS) return OUT_OF_TURN
    if (state[DONE_PAGES] === count) {
      state[DONE_PAGES] = 0
      this.#next()
    }
    return outcome === MISSED ? WALKED : RAN
  }

  #fault(at: number, isDirect: boolean, firstPage: number, need: number): TapeOutcome {
    const state = this.#state
    if (isDirect) {
      // The frame is not in the kernel's map now: a kernel would not have tried.
      this.#cpu.counters[COUNT_PASSED_OVER]++
      state[DONE_PAGES]++
      if (state[DONE_PAGES] < this.#tape.instructions[at + 3]) return RAN
      state[DONE_PAGES] = 0
      return this.#next()
    }
    state[PART] = 1
    this.#cpu.kernel.fault(firstPage + state[DONE_PAGES], need & ~DIRTY, this.#tape.instructions[at + 1])
    return RAN
  }

  #passOver(count: number): TapeOutcome {
    this.#cpu.counters[COUNT_PASSED_OVER] += count - this.#state[DONE_PAGES]
    this.#state[DONE_PAGES] = 0
    return this.#next()
  }

  /** Whether the next step touches nothing that other CPUs change. */
  get isNextLocal(): boolean {
    if (!this.#cpu.kernel.isIdle) return false
    const opcode = this.#tape.instructions[this.#state[AT]] & 0xff
    if (this.#cpu.kernel.tellsCrossings && mustCross(this.#cpu.kernel, opcode)) return false
    if (opcode === TAPE_END) return this.isInnocent
    return isLocal(opcode)
  }
}

/** The flags that an access needs, by the instruction's first word. */
function needOf(word: number): number {
  const mode = (word & 0xff) === TAPE_ACCESS ? PRESENT | USER : PRESENT
  return word >>> 8 === ACCESS_WRITE ? mode | WRITABLE | DIRTY : mode
}

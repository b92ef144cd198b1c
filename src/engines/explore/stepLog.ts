import type { Arena } from './arena.js'

/** Thrown to leave a step in the middle. One object, made once: nothing looks at it, and a stack trace would cost more than the step. */
export const PREEMPTED: object = Object.freeze({ name: 'Preempted' })

/**
 * `none`: a step runs as a whole. `hooks`: other CPUs come in between at every access that a hook
 * makes to something shared. `all`: also at every atomic access of the kernel side.
 */
export type Preemption = 'none' | 'hooks' | 'all'

/** Results that one step can be long: emptying a table page for its next use is the longest. */
const LOG_WORDS = 4096

/**
 * JavaScript cannot stop in the middle of a hook and copy what is on its stack. So a step that is
 * preempted is left by an exception, its private words are put back, and it is run again from its
 * start with the results of its accesses so far. A step is deterministic but for these results: where
 * it stands is what they are, and the log is part of the state.
 */
export class StepLog {
  static readonly words: number = LOG_WORDS

  readonly #arena: Arena
  /** Set-up and drain run their steps as a whole, whatever the search does. */
  preemption: Preemption = 'none'
  #at = 0
  #cursor = 0
  #count = 0
  #hasActed = false
  /** The result to hand out where `point` or `quiet` said false. */
  value = 0

  constructor(arena: Arena) {
    this.#arena = arena
  }

  /** @param at first word of the CPU's log: how many results, then these */
  begin(at: number): void {
    this.#at = at
    this.#cursor = 0
    this.#count = this.#arena.words[at]
    this.#hasActed = false
  }

  get isReplaying(): boolean {
    return this.#cursor < this.#count
  }

  /** An access to something shared. True: do it now, then `keep`. False: it was done before, with `value`. */
  point(): boolean {
    if (this.preemption === 'none') return true
    if (this.#cursor < this.#count) return this.#replay()
    // oxlint-disable-next-line typescript/only-throw-error
    if (this.#hasActed) throw PREEMPTED
    this.#hasActed = true
    return true
  }

  /** An atomic access of the kernel side: a point of preemption only where everything is. */
  kernelPoint(): boolean {
    return this.preemption === 'all' ? this.point() : this.quiet()
  }

  /** An effect that nobody can come in front of. */
  quiet(): boolean {
    if (this.preemption === 'none') return true
    if (this.#cursor < this.#count) return this.#replay()
    this.#hasActed = true
    return true
  }

  #replay(): false {
    this.value = this.#arena.words[this.#at + 1 + this.#cursor++]
    return false
  }

  keep(value: number): number {
    if (this.preemption === 'none') return value
    if (this.#count + 1 === LOG_WORDS) throw new Error('a step makes more accesses than the explorer keeps')
    this.#arena.set(this.#at + 1 + this.#count, value)
    this.#cursor = ++this.#count
    return value
  }

  /** The step was preempted: its results are kept. */
  leave(): void {
    this.#arena.set(this.#at, this.#count)
  }

  /** The step is finished. */
  clear(): void {
    if (this.preemption === 'none') return
    for (let i = 0; i < this.#count; i++) this.#arena.set(this.#at + 1 + i, 0)
    this.#arena.set(this.#at, 0)
  }
}

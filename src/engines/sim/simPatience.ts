import {
  INSTRUCTION_WORDS,
  TAPE_COMPUTE,
  TAPE_IDLE,
  TAPE_PAUSE,
  TAPE_PREEMPT,
  type TapeSet,
} from '../../contract/tape.js'
import { longestDelayNs, type FaultPlan } from '../faultPlan.js'

/**
 * Turns for each CPU without any tape that has an end getting further: far beyond every legal wait. What
 * innocents do in between is no progress, because they go on for as long as somebody hangs.
 */
const STUCK_TURNS = 5_000_000
/** With faults the time decides, which is known to be longer than all that they do; often enough to be cheap. */
const TURNS_PER_LOOK = 1000

/** When a run that gets no further is given up. */
export class SimPatience {
  readonly #turnsPerLook: number
  readonly #limitPs: number
  #sincePs = 0
  turns = 0

  /** @param limitPs virtual time without progress that is too long; 0: turns decide */
  constructor(cpuCount: number, limitPs: number) {
    this.#turnsPerLook = limitPs > 0 ? TURNS_PER_LOOK : STUCK_TURNS * cpuCount
    this.#limitPs = limitPs
  }

  gotFurther(): void {
    this.turns = 0
  }

  /** Once for each turn: whether to ask if it `isOver`. */
  isLookDue(): boolean {
    return ++this.turns % this.#turnsPerLook === 0
  }

  isOver(nowPs: number): boolean {
    if (this.#limitPs === 0) return true
    if (this.turns === this.#turnsPerLook) this.#sincePs = nowPs
    return nowPs - this.#sincePs > this.#limitPs
  }
}

/** Legal waits without any fault: rounds of 1024 CPUs, passes of readers. */
const USUAL_PS = 20_000_000_000
/** A wait can be struck in each of its parts: interrupt, handler, acknowledgement, waiter. */
const PARTS_OF_A_WAIT = 4

const TAKES_NS: ReadonlySet<number> = new Set([TAPE_COMPUTE, TAPE_PAUSE, TAPE_IDLE, TAPE_PREEMPT])

/** Longer than anybody waits under these faults for something that still comes. */
export function patiencePs(plan: FaultPlan, { tapes }: TapeSet): number {
  let longestNs = longestDelayNs(plan)
  for (const { instructions } of tapes) {
    for (let at = 0; at < instructions.length; at += INSTRUCTION_WORDS) {
      const opcode = instructions[at] & 0xff
      if (TAKES_NS.has(opcode)) longestNs = Math.max(longestNs, instructions[at + 1])
    }
  }
  return USUAL_PS + PARTS_OF_A_WAIT * longestNs * 1000
}

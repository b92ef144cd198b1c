import type { Demand } from '../../contract/strategy.js'
import {
  CPU_IDLE,
  CPU_PREEMPTED,
  DEMAND_REST,
  DEPTH,
  FRAMES_AT,
  FRAME_SIZE,
  HELD_PEAK,
  IN_KERNEL,
  INTERRUPTS_OFF,
  LOG_COUNT,
  LOG_WORDS,
  OPERATION_DEPTH,
  OPERATION_ID,
  POSITION_WORDS,
  SPACE,
  TICKET,
  WALK_TABLE,
} from '../../pagetable/position.js'

/** What a CPU in user mode is asked for, with no operation open: where it stands, and what holds interrupts back. */
const LIVE_IN_USER_MODE = new Set([
  CPU_IDLE,
  CPU_PREEMPTED,
  IN_KERNEL,
  DEPTH,
  TICKET,
  SPACE,
  OPERATION_DEPTH,
  OPERATION_ID,
  INTERRUPTS_OFF,
  WALK_TABLE,
])

/**
 * Between two steps many words of the kernel side hold what nobody will read again: frames above the
 * stack's top, the log of an operation that has ended, the items of a demand that was handed over.
 * Left as they are they would make states differ that behave alike. Everything that is cleared here is
 * written before it is read: a test fills it with garbage instead, and sees the same states.
 */
export function forgetDeadWords(p: Int32Array, log: Int32Array, demand: Demand): void {
  // Strategies copy what they need of a demand; in front stands what other parts are asked for next.
  for (const array of [demand.owners, demand.serials, demand.tags, demand.spaces])
    array.fill(0, p[DEMAND_REST])
  p[HELD_PEAK] = 0
  p.fill(0, FRAMES_AT + p[DEPTH] * FRAME_SIZE, POSITION_WORDS)
  if (p[DEPTH] === 0 && p[OPERATION_DEPTH] === 0) {
    for (let word = 0; word < FRAMES_AT; word++) if (!LIVE_IN_USER_MODE.has(word)) p[word] = 0
    log.fill(0)
    return
  }
  log.fill(0, p[LOG_COUNT] * LOG_WORDS)
}

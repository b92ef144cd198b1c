import type { Demand } from '../../contract/strategy.js'
import {
  DEPTH,
  FRAMES_AT,
  FRAME_SIZE,
  HELD_PEAK,
  LOG_COUNT,
  LOG_WORDS,
  OPERATION_DEPTH,
  OPERATION_ID,
  POSITION_WORDS,
  SPACE,
} from '../../pagetable/position.js'

/**
 * Between two steps many words of the kernel side hold what nobody will read again: frames above the
 * stack's top, the log of an operation that has ended, the items of a demand that was handed over.
 * Left as they are they would make states differ that behave alike. Everything that is cleared here is
 * written before it is read: a test fills it with garbage instead, and sees the same states.
 */
export function forgetDeadWords(p: Int32Array, log: Int32Array, demand: Demand): void {
  // Strategies copy what they need of a demand.
  demand.owners.fill(0)
  demand.serials.fill(0)
  demand.tags.fill(0)
  demand.spaces.fill(0)
  p[HELD_PEAK] = 0
  p.fill(0, FRAMES_AT + p[DEPTH] * FRAME_SIZE, POSITION_WORDS)
  if (p[DEPTH] === 0 && p[OPERATION_DEPTH] === 0) {
    const space = p[SPACE]
    const operationId = p[OPERATION_ID]
    p.fill(0)
    p[SPACE] = space
    p[OPERATION_ID] = operationId
    log.fill(0)
    return
  }
  log.fill(0, p[LOG_COUNT] * LOG_WORDS)
}

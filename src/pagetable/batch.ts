import { LEVEL_BATCH, OPERATION_BATCH } from '../contract/operation.js'
import { SETTLED } from '../contract/ticket.js'
import { COST_SYSTEM_CALL } from '../machine/costs.js'
import { beginOutermost, noteCrowd } from './bracket.js'
import { claimLog } from './changeLog.js'
import type { Context } from './context.js'
import { BATCH_ID, CROWDED, OPERATION_DEPTH, OPERATION_ID, PHASE, SPACE, TICKET_RESULT } from './position.js'
import { goTo, pop, push, GO_ON, ROUTINE_DISPOSE, waitFor, type Outcome } from './routine.js'

/**
 * A batch is an outermost operation without a range: the operations inside are its parts, and what
 * is due at their return is due when it ends.
 */
export function stepBatchBegin(context: Context, at: number): Outcome {
  const { p, strategy } = context
  if (p[at + PHASE] === 1) return pop(p, 0)
  context.meter.charge(COST_SYSTEM_CALL, 1)
  beginOutermost(context, p[SPACE])
  p[OPERATION_DEPTH]++
  p[OPERATION_ID]++
  p[BATCH_ID] = p[OPERATION_ID]
  if (strategy.began === undefined) return goTo(p, 1)
  fillBatch(context)
  return waitFor(p, strategy.began(context.port, context.operation), 1)
}

export function stepBatchEnd(context: Context, at: number): Outcome {
  const { p } = context
  switch (p[at + PHASE]) {
    case 0:
      noteCrowd(context)
      fillBatch(context)
      return waitFor(p, context.strategy.finished(context.port, context.operation), 1)
    case 1:
      p[OPERATION_DEPTH]--
      if (p[TICKET_RESULT] === SETTLED) claimLog(context, 0)
      p[at + PHASE] = 2
      push(p, ROUTINE_DISPOSE)
      return GO_ON
    default:
      return pop(p, 0)
  }
}

function fillBatch(context: Context): void {
  const { operation, p } = context
  operation.id = p[BATCH_ID]
  operation.depth = 0
  operation.level = LEVEL_BATCH
  operation.kind = OPERATION_BATCH
  operation.space = -1
  operation.firstPage = 0
  operation.pageCount = 0
  operation.wholeSpace = false
  operation.crowded = p[CROWDED] !== 0
}

import { VA_REUSE } from '../contract/obligation.js'
import { LEVEL_CALL, OPERATION_TEARDOWN } from '../contract/operation.js'
import { SETTLED } from '../contract/ticket.js'
import { COST_SYSTEM_CALL } from '../machine/costs.js'
import { HANDLE_MAPPED, HANDLE_SPACE, SPACE_IS_TORN } from '../machine/words.js'
import { beginOutermost, noteCrowd } from './bracket.js'
import { claimLog, logEntry } from './changeLog.js'
import type { Context } from './context.js'
import { handleAt } from './handle.js'
import { HAND_OPERATION, setInHand } from './inHand.js'
import { fillEvent } from './passedEvent.js'
import {
  CROWDED,
  LOCALS,
  LOG_BITS,
  LOG_COUNT,
  LOG_IS_INHERITED,
  LOG_PAGE,
  LOG_STAMP,
  LOG_TABLE,
  OPERATION_DEPTH,
  OPERATION_ID,
  PHASE,
  TICKET_RESULT,
} from './position.js'
import { GO_ON, goTo, pop, push, RETRY, ROUTINE_DISPOSE, ROUTINE_UNMAP, waitFor } from './routine.js'
import type { Outcome } from './routine.js'
import { usersWord } from './switchSpace.js'

/**
 * The end of a process: all mappings of its space go, in one operation, and then the space's id is free
 * for another process. Root and directories stay, empty.
 *
 * No CPU may have the space loaded. The last one to leave does this in a real kernel; here the tape says
 * who, and that CPU waits for those that are late. A CPU that idles with the space loaded counts as one
 * of them: Linux sends it away by an interrupt (`leave_mm`, for the tables are freed), here it is waited for.
 * While the space is torn down nobody can load it.
 */
const CLAIM = 0
const MAPPINGS = 1
const FINISHED = 2
const DISPOSED = 3
const RETIRED = 4

const SPACE_OF = LOCALS
/** The handle that is looked at next. */
const NEXT = LOCALS + 1

/** Local: the space. */
export function stepTeardown(context: Context, at: number): Outcome {
  const { p, memory, strategy, port } = context
  const space = p[at + SPACE_OF]
  switch (p[at + PHASE]) {
    case CLAIM:
      if (memory.compareExchange(usersWord(context, space), 0, SPACE_IS_TORN) !== 0) return RETRY
      return begin(context, at)
    case MAPPINGS:
      return unmapNext(context, at)
    case FINISHED:
      p[OPERATION_DEPTH]--
      if (p[TICKET_RESULT] === SETTLED) claimLog(context, 0)
      p[at + PHASE] = DISPOSED
      push(p, ROUTINE_DISPOSE)
      return GO_ON
    case DISPOSED:
      if (strategy.retired === undefined) return goTo(p, RETIRED)
      return waitFor(p, strategy.retired(port, space), RETIRED)
    default:
      return release(context, space)
  }
}

function begin(context: Context, at: number): Outcome {
  const { p, strategy, port } = context
  context.meter.charge(COST_SYSTEM_CALL, 1)
  beginOutermost(context, p[at + SPACE_OF])
  p[OPERATION_ID]++
  p[OPERATION_DEPTH]++
  setInHand(context, HAND_OPERATION, true)
  if (strategy.began === undefined) return goTo(p, MAPPINGS)
  fillTeardown(context, at)
  return waitFor(p, strategy.began(port, context.operation), MAPPINGS)
}

function unmapNext(context: Context, at: number): Outcome {
  const { p, memory, strategy, port, words } = context
  while (p[at + NEXT] < words.handleCount) {
    const handle = p[at + NEXT]++
    const word = handleAt(context, handle)
    if (memory.load(word + HANDLE_MAPPED) === 0 || memory.load(word + HANDLE_SPACE) !== p[at + SPACE_OF])
      continue
    push(p, ROUTINE_UNMAP, handle, OPERATION_TEARDOWN)
    return GO_ON
  }
  noteCrowd(context)
  fillTeardown(context, at)
  return waitFor(p, strategy.finished(port, context.operation), FINISHED)
}

/** Whoever loads the space from here on is another process: every address of the old one is used anew. */
function release(context: Context, space: number): Outcome {
  const { p, log, memory, passed, witness } = context
  for (let index = 0; index < p[LOG_COUNT]; index++) {
    const item = logEntry(index)
    if ((log[item + LOG_BITS] & LOG_IS_INHERITED) !== 0 || log[item + LOG_TABLE] >= 0) continue
    witness.event(
      fillEvent(passed, VA_REUSE, context.cpu, space, log[item + LOG_PAGE], log[item + LOG_STAMP]),
    )
  }
  memory.store(usersWord(context, space), 0)
  return pop(p, 0)
}

function fillTeardown(context: Context, at: number): void {
  const { operation, p } = context
  operation.id = p[OPERATION_ID]
  operation.depth = 0
  operation.level = LEVEL_CALL
  operation.kind = OPERATION_TEARDOWN
  operation.space = p[at + SPACE_OF]
  operation.firstPage = 0
  operation.pageCount = 0
  operation.wholeSpace = true
  operation.crowded = p[CROWDED] !== 0
}

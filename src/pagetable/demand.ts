import { REFUSED } from '../contract/ticket.js'
import { COUNT_DEMANDS } from '../machine/counters.js'
import type { Context } from './context.js'
import { isCovered } from './covered.js'
import { LOCALS, PHASE, TICKET_RESULT } from './position.js'
import { waitFor, pop, push, ROUTINE_DEMAND, type Outcome } from './routine.js'

/**
 * Asks the strategy to settle the changes in `context.demand`, and waits. The result is 1 when it
 * did (or they were covered already), 0 when it refused.
 */
export function pushDemand(context: Context, count: number, obligation: number, newOwner: number): void {
  push(context.p, ROUTINE_DEMAND, count, obligation, newOwner)
}

export function stepDemand(context: Context, at: number): Outcome {
  const { p, demand } = context
  if (p[at + PHASE] === 1) return pop(p, p[TICKET_RESULT] === REFUSED ? 0 : 1)
  const count = keepUncovered(context, p[at + LOCALS], p[at + LOCALS + 1])
  if (count === 0) return pop(p, 1)
  demand.count = count
  demand.obligation = p[at + LOCALS + 1]
  demand.newOwner = p[at + LOCALS + 2]
  demand.mayFail = false
  demand.maySleep = false
  context.witness.count(COUNT_DEMANDS, 1)
  return waitFor(p, context.strategy.demanded(context.port, demand), 1)
}

/** Others may have settled some since they were written down; asking for them again would send needless interrupts. */
function keepUncovered(context: Context, count: number, obligation: number): number {
  const { owners, serials, tags, spaces } = context.demand
  let kept = 0
  for (let i = 0; i < count; i++) {
    if (isCovered(context, owners[i], serials[i], tags[i], spaces[i], obligation)) continue
    owners[kept] = owners[i]
    serials[kept] = serials[i]
    tags[kept] = tags[i]
    spaces[kept] = spaces[i]
    kept++
  }
  return kept
}

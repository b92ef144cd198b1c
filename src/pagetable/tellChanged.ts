import { SETTLED, type Ticket } from '../contract/ticket.js'
import type { Context } from './context.js'
import { isSkipped, isTornSkipped, toldObligations } from './skips.js'

/** The change of the context, with its serial issued, to the strategy; unless a rule settles it without. */
export function tellChanged(context: Context, operation: number): Ticket {
  const { change, skips } = context
  if (isTornSkipped(skips, operation) || isSkipped(skips, change)) return SETTLED
  change.obligations = toldObligations(skips, change)
  return context.strategy.changed(context.port, change)
}

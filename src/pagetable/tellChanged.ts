import { SETTLED, type Ticket } from '../contract/ticket.js'
import type { Context } from './context.js'
import { isSkipped, isTornSkipped, toldObligations } from './skips.js'

/** The change of the context, with its serial issued, to the strategy; unless a rule settles it without. */
export function tellChanged(context: Context, operation: number, owner: number): Ticket {
  const { change, skips, strategy } = context
  if (isTornSkipped(skips, operation)) return settleUntold(context, owner)
  // Who was told beforehand, in `changing`, waits to hear that it is over.
  if (isSkipped(skips, change) && strategy.changing === undefined) return settleUntold(context, owner)
  change.obligations = toldObligations(skips, change)
  return strategy.changed(context.port, change)
}

/**
 * The strategy never hears of the change, so it may never move the watermark over it: where all before it
 * is settled, so is all up to it.
 */
export function settleUntold(context: Context, owner: number): typeof SETTLED {
  const { change, memory, words } = context
  const word = words.watermark.base + owner * words.watermark.stride
  const before = (change.serial - 1) | 0
  if (memory.load(word) === before) memory.compareExchange(word, before, change.serial)
  return SETTLED
}

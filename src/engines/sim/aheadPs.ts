import { COST_BROADCAST_REACH, COST_DELIVER_SIBLING } from '../../machine/costs.js'
import type { CellWords } from '../cellWords.js'

/** Nothing that a CPU does gets to another one sooner: an interrupt, a broadcast, a message to its TLB. */
export function aheadPs(costs: Float64Array, { broadcasts, drops, config }: CellWords): number {
  const ways = [0, 1, 2].map((distance) => costs[COST_DELIVER_SIBLING + distance])
  if (broadcasts !== null) ways.push(costs[COST_BROADCAST_REACH])
  const { coherent, directory } = config.profile.extras ?? {}
  for (const extra of [coherent, directory])
    if (drops !== null && extra !== undefined) ways.push(extra.costsPs.message.value)
  return Math.min(...ways)
}

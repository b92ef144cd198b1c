import type { Change } from '../../contract/change.js'
import { WALK_REACH } from '../../contract/obligation.js'
import { KERNEL_SPACE } from '../../contract/page.js'

/**
 * Must a target flush before it answers? It may answer first where only use counts: inside its handler
 * it uses no user translation, and it flushes before it leaves. It may not where walks count, for a
 * handler does not keep the walker from a table that is being given away, nor for kernel mappings,
 * which a handler uses itself.
 */
export function owesWalks(change: Change): boolean {
  return change.space === KERNEL_SPACE || !owedByUse(change)
}

/** Whether no walk may be waited for on account of the change: whoever does not use its mapping can be left alone. */
export function owedByUse(change: Change): boolean {
  return !change.tablesFreed && (change.obligations & WALK_REACH) === 0
}

import { NEVER_EXPIRES } from '../contract/hardware.js'
import type { StrategyModule } from '../contract/strategy.js'
import type { Meter } from '../machine/costs.js'
import type { Expiries } from '../machine/expiries.js'
import { COST_EXPIRY_READ } from '../machine/costs.js'
import { PLAIN_ENTRIES, type EntryHardware } from '../pagetable/entryHardware.js'
import { LEVEL_DIRECTORY } from '../pagetable/passedEvent.js'
import type { KnowingPort } from './knowingPort.js'

/** What the kernel side of one CPU has to do with TLBs that know more, as far as the strategy needs them. */
export function entryHardwareOf(
  module: StrategyModule,
  port: KnowingPort,
  expiries: Expiries | null,
  meter: Meter,
): EntryHardware {
  const isCoherent = module.needs?.includes('coherent') ?? false
  if (!isCoherent && expiries === null) return PLAIN_ENTRIES
  return {
    written: (space, page, level) => {
      if (isCoherent) port.entryWritten(space, page, level === LEVEL_DIRECTORY)
    },
    expiryOf: (word) => {
      if (expiries === null) return NEVER_EXPIRES
      meter.charge(COST_EXPIRY_READ, 1)
      return expiries.latest(word)
    },
  }
}

import type { StrategyModule } from '../contract/strategy.js'
import { UsageError } from '../contract/usageError.js'
import { missingHardware, shippedProfileWith } from '../machine/hardware.js'
import type { ProfileChoice } from '../machine/profile.js'
import { asTyped } from './quote.js'

/** Why the machine of a profile cannot run a strategy, as the `skipped` column says it; empty where it can. */
export function lackOf({ needs }: StrategyModule, { name, profile }: ProfileChoice): string {
  const missing = missingHardware(profile, needs)
  return missing === undefined ? '' : `it needs ${missing}, which profile ${name} does not have`
}

/**
 * A strategy for another machine would throw in the middle of its first operation. Among others it is
 * skipped; where it is the only one there is nothing to measure.
 */
export function refuseForeignHardware(name: string, module: StrategyModule, profile: ProfileChoice): void {
  const reason = lackOf(module, profile)
  if (reason !== '') throw new UsageError(`strategy ${asTyped(name)}`, reason, [], remedyFor(module))
}

function remedyFor({ needs }: StrategyModule): string {
  const other = shippedProfileWith(needs, [])
  return other === undefined ? 'explore has it: npm run explore' : `try --profile ${other}`
}

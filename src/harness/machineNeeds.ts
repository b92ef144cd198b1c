import type { Hardware } from '../contract/hardware.js'
import { UsageError } from '../contract/usageError.js'
import { missingHardware, shippedProfileWith } from '../machine/hardware.js'
import type { ProfileChoice } from '../machine/profile.js'
import type { ModuleKind } from '../registry.js'
import type { Choice } from './cells.js'
import { asTyped } from './quote.js'

/** A strategy or a workload. */
interface Needing {
  readonly needs?: readonly Hardware[]
}

/**
 * Why the machine of a profile cannot run a module, as the `skipped` column says it; empty where it can.
 * @param who the module, as the reason begins
 */
export function lackOf({ needs }: Needing, { name, profile }: ProfileChoice, who = 'it'): string {
  const missing = missingHardware(profile, needs)
  return missing === undefined ? '' : `${who} needs ${missing}, which profile ${name} does not have`
}

/**
 * A strategy for another machine would throw in the middle of its first operation. Among others it is
 * skipped; where it is the only one there is nothing to measure. So too with workloads.
 * @param kind `strategy` or `workload`
 */
export function refuseForeignHardware(
  kind: ModuleKind,
  choices: readonly Choice<Needing>[],
  profile: ProfileChoice,
): void {
  if (choices.length > 1) return
  const [{ loaded }] = choices
  const { name, module } = loaded
  const reason = lackOf(module, profile)
  if (reason !== '') throw new UsageError(`${kind} ${asTyped(name)}`, reason, [], remedyFor(module))
}

function remedyFor({ needs }: Needing): string {
  const other = shippedProfileWith(needs, [])
  return other === undefined ? 'explore has it: npm run explore' : `try --profile ${other}`
}

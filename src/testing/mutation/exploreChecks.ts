import { explore } from '../../engines/explore/engine.js'
import type { PlannedCase } from '../../harness/explore/explorePlan.js'
import { loadProfile } from '../../machine/profile.js'
import type { Check, Rung } from './check.js'
import { withDefaults } from './simCell.js'

/**
 * Searches of interleavings, bounded by states alone: a bound by time would catch other mutants on
 * another day.
 */
export function exploreChecks(
  rung: Rung,
  cases: readonly PlannedCase[],
  profileName: string,
  stateCount: number,
): Check[] {
  const { profile } = loadProfile(profileName, [])
  return cases.map((plan) => ({
    rung,
    name: plan.name,
    run: (module) => {
      const parameters = withDefaults(module.parameters, plan.parameters)
      const limits = { stateCount, shorteningStates: 0, milliseconds: Infinity, nowMs: () => 0 }
      const { finding } = explore({ case: plan, module, parameters, profile }, limits)
      return finding === null ? null : finding.invariant
    },
  }))
}

import { EXIT_FAILED, EXIT_INCONCLUSIVE, EXIT_PASS, EXIT_REGRESSION } from '../../harness/exitCodes.js'
import type { Outcome, Verdict } from '../verdict.js'

const EXIT_CODES: Record<Outcome, number> = {
  pass: EXIT_PASS,
  regression: EXIT_REGRESSION,
  inconclusive: EXIT_INCONCLUSIVE,
  outdated: EXIT_INCONCLUSIVE,
  violation: EXIT_FAILED,
}

export function exitCodeOf({ outcome }: Verdict): number {
  return EXIT_CODES[outcome]
}

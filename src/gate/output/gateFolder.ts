import { claimFolder } from '../../records/runFolder.js'
import type { Verdict } from '../verdict.js'

export interface NewGate {
  /** `--out`; null is the default place, `results/gate/<UTC time>-<tier>`. */
  readonly out: string | null
  readonly tier: Verdict['tier']
  readonly startedAt: Date
  /** Where `results/` is. */
  readonly root: string
}

/**
 * @returns an absolute path; the folder exists and is empty
 * @throws UsageError where it cannot be made, or holds something
 */
export function createGateFolder({ out, tier, startedAt, root }: NewGate): string {
  return claimFolder({ out, kind: 'gate', label: tier, startedAt, root, remedy: 'give a new directory' }).path
}

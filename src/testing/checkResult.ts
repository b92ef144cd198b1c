import type { ScriptRun } from './runScript.js'

/** What a check says about one script. */
export interface CheckResult {
  /** One line for each; none: passed, or nothing was compared. */
  readonly faults: readonly string[]
  /** Why this proves nothing; null: it was compared. */
  readonly nothing: string | null
  /** Shows the faults again; null: the check on the same tape does. */
  readonly command: string | null
}

export function found(faults: readonly string[], command: string | null = null): CheckResult {
  return { faults, nothing: null, command }
}

export function nothing(reason: string): CheckResult {
  return { faults: [], nothing: reason, command: null }
}

/** A machine that is short of frames may end a run before anything was judged. */
export const OUT_OF_FRAMES = 'the run ended for want of frames'

export function foundIn({ result, faults }: ScriptRun): CheckResult {
  return result === null && faults.length === 0 ? nothing(OUT_OF_FRAMES) : found(faults)
}

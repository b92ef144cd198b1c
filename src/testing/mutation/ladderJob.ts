import type { PlannedCase } from '../../harness/explore/explorePlan.js'
import type { Catch } from './check.js'

/** What the process of a mutant is told. Strategies are named by their files in its own copy of the package. */
export interface LadderJob {
  readonly strategies: readonly string[]
  readonly cases: readonly PlannedCase[]
  readonly profile: string
  /** States of one search. */
  readonly stateCount: number
  /** The searches alone: everything else was passed before. */
  readonly isLonger: boolean
  /** What the strategies as they are counted; empty: they are what runs. */
  readonly counts: Readonly<Record<string, string>>
}

export type LadderMessage =
  /** The check that begins: where a mutant hangs, this is the last word of its process. */
  | { readonly begins: Omit<Catch, 'what'> }
  | {
      readonly caught: Catch | null
      readonly counts: Readonly<Record<string, string>>
    }

import type { Exploration } from '../../engines/explore/engine.js'
import type { ExploreCase } from '../../engines/explore/exploreCase.js'
import type { Replayed } from '../../engines/explore/replay.js'

/** One search, as it goes to its process. */
export interface ExploreJob {
  /** As typed, with its parameters. */
  readonly strategy: string
  readonly strategyFile: string
  readonly parameters: Readonly<Record<string, number>>
  readonly contract: string
  readonly case: ExploreCase
  readonly profile: string
  readonly stateCount: number
  readonly milliseconds: number
  /** States that the search for a shorter schedule may look at; 0: there is none. */
  readonly shorteningStates: number
  /** Run this schedule instead of searching; null: search. */
  readonly schedule: string | null
}

export type ExploreAnswer =
  | { readonly status: 'explored'; readonly exploration: Exploration }
  | ({ readonly status: 'replayed' } & Replayed)
  /** A usage error has a message for the reader; anything else is a mistake in this program or in the strategy. */
  | { readonly status: 'failed'; readonly message: string; readonly isUsage: boolean }

export interface ExploreRow {
  readonly job: ExploreJob
  readonly answer: ExploreAnswer
}

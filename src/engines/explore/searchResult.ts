import type { Finding } from './exploreOracle.js'
import type { ScheduleStep } from './schedule.js'

export interface SearchLimits {
  readonly stateCount: number
  readonly milliseconds: number
  /** Schedules longer than this are not followed. */
  readonly depth: number
  readonly nowMs: () => number
}

export interface SearchResult {
  states: number
  transitions: number
  /** Length of the longest schedule without a repeated state that was followed. */
  depth: number
  elapsedMs: number
  /** `complete`: every state within the case was seen. Else which limit ended it. */
  end: 'complete' | 'states' | 'time' | 'depth' | 'finding'
  finding: Finding | null
  schedule: ScheduleStep[]
  /** A limit other than depth has ended it: what it has not found may be there. */
  isCut: boolean
  /** Steps that ended for want of frames or addresses: what lies behind them was not seen. */
  givenUp: number
  /** Where a limit has cut the search off: steps of states on its path that were not followed, and the depth of the first. */
  untried: Untried | null
  /** Where the finding is a circle without a way out. */
  isInCircle: IsInCircle | null
}

export interface Untried {
  readonly steps: number
  readonly fromDepth: number
}

/** Whether a state, given by its hash, is in a circle that was found. */
export type IsInCircle = (low: number, high: number) => boolean

import { UsageError } from '../../contract/usageError.js'
import type { ExplorePlan } from './exploreMachine.js'
import { ExploreMachine } from './exploreMachine.js'
import { replay, type Replayed, type ReplayedStep } from './replay.js'
import { decodeSchedule, encodeSchedule } from './schedule.js'
import { Search } from './search.js'
import type { IsInCircle, SearchLimits, SearchResult, Untried } from './searchResult.js'
import { Settle } from './settle.js'
import { Transitions } from './transitions.js'
import type { Finding } from './exploreOracle.js'

/** A search's answer as it leaves its process. */
export interface Exploration {
  readonly states: number
  readonly transitions: number
  readonly depth: number
  readonly elapsedMs: number
  readonly end: SearchResult['end']
  readonly givenUp: number
  readonly untried: Untried | null
  readonly finding: Finding | null
  /** The schedule that leads to the finding, for `--replay`; empty without one. */
  readonly schedule: string
  readonly scheduleLength: number
  /** Whether no shorter schedule leads to a finding other than a circle; of these, only the one that was found is looked for. */
  readonly isShortest: boolean
  readonly steps: readonly ReplayedStep[]
}

export interface ExploreLimits extends Omit<SearchLimits, 'depth'> {
  /** States that each search for a shorter schedule may look at; 0: the first that is found is good enough. */
  readonly shorteningStates: number
}

/** Schedules are bounded by the case; this only keeps depths within 16 bits. */
const LONGEST = 60_000
/** First cap of the search for a shortest schedule; it doubles until something is found. */
const FIRST_CAP = 8

function prepare(plan: ExplorePlan) {
  const machine = new ExploreMachine(plan)
  const transitions = new Transitions(machine)
  const settle = new Settle(machine, transitions)
  settle.setUp()
  return { machine, transitions, settle }
}

function search(
  plan: ExplorePlan,
  limits: SearchLimits,
  seeksShortest: boolean,
  isInCircle: IsInCircle | null,
): SearchResult {
  const { machine, transitions, settle } = prepare(plan)
  return new Search(machine, transitions, settle, limits, seeksShortest, isInCircle).run()
}

/** Depth first, until everything was seen or something was found; then the shortest schedule that leads there. */
export function explore(plan: ExplorePlan, limits: ExploreLimits): Exploration {
  const found = search(plan, { ...limits, depth: LONGEST }, false, null)
  if (found.finding === null) return answer(plan, found, found, false)
  const shown = limits.shorteningStates === 0 ? found : shorten(plan, limits, found)
  const isShortest = shown !== found && !shown.isCut && found.isInCircle === null
  return answer(plan, found, shown, isShortest)
}

/**
 * A search with a cap that ends by itself has seen all schedules that are as long as the cap, so what
 * it has found is the shortest. One that is cut off may have found a shorter one than there was. What
 * lies beyond the cap is not seen, so no search with one can say that a circle has no way out: it is
 * told which states are in the circle that was found.
 */
function shorten(plan: ExplorePlan, limits: ExploreLimits, found: SearchResult): SearchResult {
  const stateCount = Math.min(limits.stateCount, limits.shorteningStates)
  const endMs = limits.nowMs() + limits.milliseconds
  for (let cap = FIRST_CAP; ; cap *= 2) {
    const depth = Math.min(cap, found.schedule.length)
    const milliseconds = Math.max(0, endMs - limits.nowMs())
    const result = search(plan, { ...limits, stateCount, milliseconds, depth }, true, found.isInCircle)
    if (result.finding !== null) return result
    if (result.isCut || depth === found.schedule.length) return found
  }
}

function answer(plan: ExplorePlan, all: SearchResult, shown: SearchResult, isShortest: boolean): Exploration {
  return {
    states: all.states,
    transitions: all.transitions,
    depth: all.depth,
    elapsedMs: all.elapsedMs,
    end: all.end,
    givenUp: all.givenUp,
    untried: all.untried,
    finding: shown.finding,
    schedule: encodeSchedule(shown.schedule),
    scheduleLength: shown.schedule.length,
    isShortest,
    steps: shown.finding === null ? [] : replaySteps(plan, shown.schedule),
  }
}

/** @throws where the schedule that the search has just taken does not lead to a finding again */
function replaySteps(plan: ExplorePlan, schedule: SearchResult['schedule']): ReplayedStep[] {
  const { machine, transitions, settle } = prepare(plan)
  let replayed: Replayed | null = null
  try {
    replayed = replay(machine, transitions, settle, schedule)
  } catch (error) {
    // A step is not possible there any more.
    if (!(error instanceof UsageError)) throw error
  }
  if (replayed !== null && (replayed.finding !== null || replayed.remark !== '')) return replayed.steps
  throw new Error('the strategy does not do the same again: it keeps something outside of its words')
}

/** One schedule again, from the text that a finding was printed with. */
export function replayText(plan: ExplorePlan, text: string): Replayed {
  const { machine, transitions, settle } = prepare(plan)
  return replay(machine, transitions, settle, decodeSchedule(text))
}

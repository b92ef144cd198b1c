import type { Arena } from './arena.js'
import type { ExploreCpu } from './exploreCpu.js'
import type { ExploreMachine } from './exploreMachine.js'
import { IN_HANDLER, KIND, KIND_INTERRUPT, KIND_TICK } from './exploreWords.js'
import type { ScheduleStep } from './schedule.js'
import { cpuOf } from './actions.js'
import type { Transitions } from './transitions.js'
import { Visited } from './visited.js'

/** States that are looked at: beyond that a search has no end either, for whoever waits for it. */
export const MOST_STATES = 50_000

/** What lies ahead of the present state. */
export interface Ahead {
  /** `some`: an end, or a step that cannot be judged. `none`: neither. `unknown`: not within the states looked at. */
  readonly ends: 'some' | 'none' | 'unknown'
  readonly states: number
  /** What each CPU does in a step that leads to another state; who does nothing is not in it. */
  readonly doings: ReadonlyMap<number, ReadonlySet<string>>
}

/** A state whose steps are followed, and where to find it again. */
interface Level {
  readonly trail: number
  readonly low: number
  readonly high: number
  readonly steps: ScheduleStep[]
}

/**
 * Follows every schedule from the present state until one ends, and takes all of it back. The search
 * knows what lies ahead of a state when it leaves it; a replayed schedule has to be judged by itself.
 */
export function aheadOf(machine: ExploreMachine, transitions: Transitions): Ahead {
  const { arena, choices, oracle } = machine
  const visited = new Visited()
  const doings = new Map<number, Set<string>>()
  const actions = new Int32Array(transitions.mostActions)
  let hasEnd = false

  const take = ({ action, digits }: ScheduleStep): boolean => {
    choices.reset()
    choices.plan(Int32Array.from(digits), 0, digits.length)
    return transitions.apply(action)
  }

  /** The steps that lead to states not seen before. */
  const look = (): Level => {
    const { trailLength: trail, hashLow: low, hashHigh: high } = arena
    const steps: ScheduleStep[] = []
    const count = transitions.enabled(actions, 0)
    hasEnd ||= transitions.isFinal || transitions.holdsBack
    for (const action of actions.slice(0, count)) {
      const doing = doingOf(machine.cpus[cpuOf(action)], arena)
      let digits: number[] = []
      do {
        const isPossible = take({ action, digits })
        hasEnd ||= !isPossible || oracle.finding !== null
        oracle.finding = null
        if (arena.hashLow !== low || arena.hashHigh !== high) {
          doings.set(cpuOf(action), (doings.get(cpuOf(action)) ?? new Set()).add(doing))
          if (visited.add(arena.hashLow, arena.hashHigh, 0))
            steps.push({ action, digits: [...choices.digits.subarray(0, choices.count)] })
        }
        arena.undoTo(trail, low, high)
        if (!choices.next()) break
        digits = [...choices.digits.subarray(0, choices.planned)]
      } while (!hasEnd)
    }
    return { trail, low, high, steps }
  }

  visited.add(arena.hashLow, arena.hashHigh, 0)
  const path = [look()]
  for (let level = path.at(-1); level !== undefined; level = path.at(-1)) {
    arena.undoTo(level.trail, level.low, level.high)
    const step = hasEnd || visited.count > MOST_STATES ? undefined : level.steps.pop()
    if (step === undefined) {
      path.pop()
      continue
    }
    take(step)
    path.push(look())
  }
  choices.reset()
  const ends = hasEnd ? 'some' : visited.count > MOST_STATES ? 'unknown' : 'none'
  return { ends, states: visited.count, doings }
}

/** Handlers and ticks leave no trace in the stack of the kernel side. */
function doingOf({ state, place }: ExploreCpu, { words }: Arena): string {
  const kind = words[state + KIND]
  if (kind === KIND_TICK) return 'in its tick'
  return kind === KIND_INTERRUPT || words[state + IN_HANDLER] !== 0 ? 'in its handler' : place
}

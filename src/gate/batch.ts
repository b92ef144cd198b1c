import { JobChild } from '../harness/jobChild.js'
import {
  type Duel,
  type DuelDone,
  type DuelTimes,
  type Incomparable,
  type Side,
  type WallCell,
} from './duel.js'
import { shuffled } from '../harness/shuffled.js'
import { GateRefusal } from './refusal.js'

/** The second one confirms what the first suspects. */
export type BatchName = 'first' | 'second'

export interface BatchPlan extends DuelTimes {
  readonly roots: Record<Side, string>
  /** The file that an observing process runs. */
  readonly entry: string
  /** On the clock of `nowMs`: no turn is begun that would hardly end before. */
  readonly deadlineMs: number
  /** Fewer say nothing; where the first turns show that so many do not fit, no further one is made. */
  readonly leastTurns: number
  readonly mostTurns: number
  readonly name: BatchName
  readonly random: (bound: number) => number
  readonly signal: AbortSignal
  nowMs(): number
  /** Called for each process as it ends, so that nothing measured is lost. */
  onObservation(cell: WallCell, batch: BatchName, observation: DuelDone): void
}

/** What the processes of a batch have found, by the name of the cell. */
export interface Batch {
  readonly observations: Map<string, DuelDone[]>
  /** Cells that were dropped at their first process. */
  readonly skipped: Map<string, Incomparable>
  /** Mean time of a process, its start included. */
  readonly processMs: number
}

/** A process that failed: a violation, a hang, a crash. */
export class DuelFailed extends Error {
  constructor(cell: WallCell, message: string) {
    super(`${cell.name}: ${message}`)
    this.name = 'DuelFailed'
  }
}

/** On top of warm-up and rounds: starting workers on a busy machine, and the round under way. */
const GRACE_MS = 60_000
const MAX_SEED = 2 ** 31
/** A turn may take a little longer than those before it. */
const SLACK = 1.1

/**
 * Turns in which every cell has one fresh process, in a new random order: what comes over the machine for a while comes
 * over all cells a little. How many turns there are is decided by the clock and never by what they have found.
 * @throws DuelFailed; GateRefusal where the fewest turns do not fit
 */
export async function runBatch(cells: readonly WallCell[], plan: BatchPlan): Promise<Batch> {
  const observations = new Map<string, DuelDone[]>(cells.map(({ name }) => [name, []]))
  const skipped = new Map<string, Incomparable>()
  const beginMs = plan.nowMs()
  let longestMs = 0
  let processes = 0
  for (let turn = 0; turn < plan.mostTurns; turn++) {
    const startMs = plan.nowMs()
    const fitting = turn === 0 ? Infinity : Math.floor((plan.deadlineMs - startMs) / (longestMs * SLACK))
    if (turn + fitting < plan.leastTurns) throw tooShort(turn + fitting, plan, longestMs)
    if (fitting < 1 || observations.size === 0) break
    const left = cells.filter(({ name }) => !skipped.has(name))
    for (const cell of shuffled(left, plan.random)) {
      const observation = await observe(cell, plan)
      processes++
      if (observation.incomparable === null) {
        observations.get(cell.name)?.push(observation)
        plan.onObservation(cell, plan.name, observation)
      } else {
        observations.delete(cell.name)
        skipped.set(cell.name, observation.incomparable)
      }
    }
    longestMs = Math.max(longestMs, plan.nowMs() - startMs)
  }
  return { observations, skipped, processMs: (plan.nowMs() - beginMs) / Math.max(1, processes) }
}

function tooShort(fitting: number, plan: BatchPlan, turnMs: number): GateRefusal {
  const missingSeconds = Math.ceil(((plan.leastTurns - fitting) * turnMs * SLACK) / 1000)
  return new GateRefusal(
    `too few processes: ${Math.max(0, fitting)} of each cell fit into the time, ${plan.leastTurns} is the least`,
    `this batch would need ${missingSeconds} s more`,
    'give a longer --budget, or fewer cells with --cells',
  )
}

async function observe(cell: WallCell, plan: BatchPlan): Promise<DuelDone> {
  plan.signal.throwIfAborted()
  const { roots, warmupMs } = plan
  const measuredMs = cell.measuredMs ?? plan.measuredMs
  const duel: Duel = { request: cell.request, roots, warmupMs, measuredMs, seed: plan.random(MAX_SEED) }
  const child = new JobChild<Duel, DuelDone>(plan.entry)
  const stop = (): void => void child.end()
  plan.signal.addEventListener('abort', stop)
  try {
    const outcome = await child.run(duel, warmupMs + measuredMs + GRACE_MS)
    plan.signal.throwIfAborted()
    if (outcome === 'aborted') throw new DuelFailed(cell, 'its process was ended from outside')
    if (outcome.status === 'failed') throw new DuelFailed(cell, outcome.message)
    return outcome
  } finally {
    plan.signal.removeEventListener('abort', stop)
    await child.end()
  }
}

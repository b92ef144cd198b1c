import { chooseStrategy } from '../harness/chooseStrategy.js'
import type { PlannedDefect, Sighting } from '../harness/explore/defectJobs.js'
import { namedLike, resolveParameters } from '../harness/parameters.js'
import { simScript, type Conditions } from './runScript.js'
import { seededScript } from './scriptOf.js'
import { stress } from './stress.js'
import type { Subject } from './subject.js'

/**
 * Where else than in the explorer a planted defect shows: on how many random tapes in virtual time, on
 * how many on real workers. Not seen is no proof of anything here; it tells what the explorer is for.
 */

/** Often enough that strategies which live on ticks meet them on a short tape. */
const TICK_US = { sim: 10, threads: 100 }
/** One more than cores, so that whoever is asked may not be running. */
const THREADS_CPUS = 3

async function subjectOf(defect: PlannedDefect, tickUs: number): Promise<Subject> {
  const parametersOfIt = new Map(Object.entries(defect.parameters))
  const { spec, loaded } = await chooseStrategy({ name: defect.file, parameters: parametersOfIt })
  const { file, module } = loaded
  const ticks = namedLike(module.parameters, 'tickUs').map((name): [string, number] => [name, tickUs])
  const given = new Map([...ticks, ...spec.parameters])
  const parameters = resolveParameters(defect.name, module.parameters, given, false).values
  return { spec: defect.name, file, module, parameters }
}

function conditionsOf({ case: plan }: PlannedDefect): Conditions {
  return { serialStart: plan.serialStart, freesTables: plan.freesTables }
}

/** @returns null where none of the tapes shows it */
export async function seenInSim(defect: PlannedDefect, tapes: number): Promise<Sighting | null> {
  const subject = await subjectOf(defect, TICK_US.sim)
  for (let tape = 1; tape <= tapes; tape++) {
    const { faults } = simScript(subject, seededScript(tape), conditionsOf(defect))
    if (faults.length > 0) return { invariant: invariantIn(faults), tape }
  }
  return null
}

export async function seenOnThreads(
  defect: PlannedDefect,
  milliseconds: number,
  signal: AbortSignal,
): Promise<Sighting | null> {
  const subject = await subjectOf(defect, TICK_US.threads)
  let seen: readonly string[] = []
  const { tapes } = await stress(
    {
      subjects: [subject],
      seed: 1,
      cpus: THREADS_CPUS,
      maxCpus: THREADS_CPUS,
      forMs: milliseconds,
      script: undefined,
      conditions: conditionsOf(defect),
      signal,
    },
    ({ faults }) => (seen = faults),
  )
  return seen.length === 0 ? null : { invariant: invariantIn(seen), tape: tapes }
}

/** What ends a run otherwise (an error of the strategy's own) has no number. */
function invariantIn(faults: readonly string[]): string {
  for (const fault of faults) {
    const invariant = /^I\d+(?=: )/.exec(fault)?.[0]
    if (invariant !== undefined) return invariant
  }
  return 'an error'
}

import type { ExploreCase } from '../../engines/explore/exploreCase.js'
import { chooseStrategy } from '../chooseStrategy.js'
import { resolveParameters } from '../parameters.js'
import type { ExploreJob, ExploreRow } from './exploreJob.js'

/** A strategy with one thing wrong, and the case in which the search must find it. */
export interface PlannedDefect {
  readonly name: string
  readonly file: string
  readonly baseName: string
  /** The same strategy without the fault: a search that reports it is wrong itself. */
  readonly baseFile: string
  /** Number in the list of known traps, or a source. */
  readonly trap: string
  readonly breaks: string
  readonly expects: readonly string[]
  /** What must be built before it can show; empty: nothing. */
  readonly awaits: string
  readonly case: ExploreCase
  readonly parameters: Readonly<Record<string, number>>
}

/** A random tape that shows a defect, without a search. */
export interface Sighting {
  readonly invariant: string
  /** How many tapes it took. */
  readonly tape: number
}

/** The engines that run one schedule, or a few. */
export interface DefectWitnesses {
  seenInSim(defect: PlannedDefect, tapes: number): Promise<Sighting | null>
  seenOnThreads(defect: PlannedDefect, milliseconds: number, signal: AbortSignal): Promise<Sighting | null>
}

export interface DefectLimits {
  readonly profile: string
  readonly stateCount: number
  readonly seconds: number
  readonly shorteningStates: number
}

/** Two searches for each defect: of itself, and of its base in the same case. */
export async function defectJobs(
  defects: readonly PlannedDefect[],
  limits: DefectLimits,
): Promise<ExploreJob[]> {
  const jobs: ExploreJob[] = []
  for (const defect of defects) {
    jobs.push(await jobOf(defect.name, defect.file, defect, limits))
    jobs.push(await jobOf(defect.baseName, defect.baseFile, defect, limits))
  }
  return jobs
}

async function jobOf(
  strategy: string,
  file: string,
  defect: PlannedDefect,
  limits: DefectLimits,
): Promise<ExploreJob> {
  const given = new Map(Object.entries(defect.parameters))
  const { spec, loaded } = await chooseStrategy({ name: file, parameters: given })
  const { module } = loaded
  const parameters = resolveParameters(strategy, module.parameters, spec.parameters, false).values
  return {
    strategy,
    strategyFile: loaded.file,
    parameters,
    contract: module.contract(parameters),
    case: defect.case,
    profile: limits.profile,
    stateCount: limits.stateCount,
    milliseconds: limits.seconds * 1000,
    shorteningStates: limits.shorteningStates,
    schedule: null,
  }
}

export interface DefectVerdict {
  readonly defect: PlannedDefect
  /** Empty: not found. */
  readonly invariant: string
  readonly states: number | null
  readonly scheduleLength: number | null
  readonly isShortest: boolean
  /** What the search of the base ended with. */
  readonly baseOutcome: string
  readonly isBaseClean: boolean
}

/** @param rows those of `defectJobs`, in its order */
export function verdicts(defects: readonly PlannedDefect[], rows: readonly ExploreRow[]): DefectVerdict[] {
  return defects.map((defect, index) => {
    const own = rows[index * 2].answer
    const base = rows[index * 2 + 1].answer
    const found = own.status === 'explored' ? own.exploration : null
    const clean = base.status === 'explored' && base.exploration.finding === null
    return {
      defect,
      invariant: found?.finding?.invariant ?? '',
      states: found?.states ?? null,
      scheduleLength: (found?.finding ?? null) === null ? null : (found?.scheduleLength ?? null),
      isShortest: found?.isShortest ?? false,
      baseOutcome:
        base.status === 'explored'
          ? (base.exploration.finding?.message ?? base.exploration.end)
          : messageOf(base),
      isBaseClean: clean,
    }
  })
}

function messageOf(answer: ExploreRow['answer']): string {
  return answer.status === 'failed' ? answer.message : answer.status
}

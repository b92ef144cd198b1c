import { writeFileSync } from 'node:fs'
import { UsageError } from '../../contract/usageError.js'
import { defectPage, defectTable, type DefectLine } from '../../report/defectTable.js'
import { scheduleTable } from '../../report/exploreTable.js'
import { EXIT_FAILED, EXIT_INTERRUPTED, EXIT_PASS } from '../exitCodes.js'
import { asTyped, firstLine, shellWord } from '../quote.js'
import { splitList, unknownName } from '../spec.js'
import {
  defectJobs,
  verdicts,
  type DefectVerdict,
  type DefectWitnesses,
  type PlannedDefect,
  type Sighting,
} from './defectJobs.js'
import type { ExploreRow } from './exploreJob.js'
import { parseWithin, type ExploreOptions } from './exploreOptions.js'
import { runExplorations } from './exploreRun.js'

/** Bounds in states and not in time, so that the table is the same on every machine. */
const STATES = 250_000
const SHORTENING_STATES = 200_000
const MOST_STATES = 80_000_000
const SECONDS = 600
/** Random tapes in virtual time, 10 to 25 ms each. */
const SIM_TAPES = 40
const MOST_THREADS_SECONDS = 3600

/** `--defects`: looks for each planted defect, and for its base, which must be clean. */
export async function runDefects(
  options: ExploreOptions,
  all: readonly PlannedDefect[],
  witnesses: DefectWitnesses,
  profile: string,
  signal: AbortSignal,
): Promise<number> {
  const { defects: names } = options
  // A page of some would replace the page of all, and say that all of them are found.
  if (options.write !== undefined && names !== undefined && names !== true)
    throw new UsageError(
      `--write ${asTyped(options.write)}`,
      `the page is that of all defects, and --defects ${asTyped(names)} looks for some`,
      [],
      'leave out the names, or --write',
    )
  const defects = choose(names, all)
  if (options.replay !== undefined) return replayDefect(defects, options.replay, profile, signal)
  const stateCount = parseWithin('--max-states', options.maxStates ?? String(STATES), 1, MOST_STATES)
  const shorteningStates = options.shorten === false ? 0 : Math.min(stateCount, SHORTENING_STATES)
  const { threads } = options
  const threadsSeconds =
    threads === undefined ? 0 : parseWithin('--threads', threads, 0, MOST_THREADS_SECONDS)
  const jobs = await defectJobs(defects, { profile, stateCount, seconds: SECONDS, shorteningStates })
  const rows = await runExplorations(jobs, signal, (row, left) => {
    process.stderr.write(`${row.job.case.name} (${row.job.strategy}); ${left} left\n`)
  })
  // Searches are missing: rows and defects do not match.
  if (signal.aborted) return EXIT_INTERRUPTED
  const elsewhere = await lookElsewhere(defects, witnesses, threadsSeconds, signal)
  const found = verdicts(defects, rows)
  const lines = found.map((verdict, index) => ({ ...lineOf(verdict), ...elsewhere[index] }))
  process.stdout.write(defectTable(lines))
  if (defects.length === 1) process.stdout.write(explain(defects[0], rows[0]))
  if (signal.aborted) return EXIT_INTERRUPTED
  if (options.write !== undefined) write(options.write, defectPage(lines, threadsSeconds))
  const isAllRight = found.every(({ defect, invariant, isBaseClean }) => {
    return isBaseClean && (defect.expects.includes(invariant) || (invariant === '' && defect.awaits !== ''))
  })
  return isAllRight ? EXIT_PASS : EXIT_FAILED
}

/** One after the other: real workers need the cores. After a signal nothing more is looked for, and what was found is shown. */
async function lookElsewhere(
  defects: readonly PlannedDefect[],
  witnesses: DefectWitnesses,
  seconds: number,
  signal: AbortSignal,
): Promise<Pick<DefectLine, 'inSim' | 'onThreads'>[]> {
  const seen = []
  for (const [index, defect] of defects.entries()) {
    const inSim = signal.aborted ? null : shown(await witnesses.seenInSim(defect, SIM_TAPES))
    const isAsked = seconds > 0 && !signal.aborted
    const sighting = isAsked ? await witnesses.seenOnThreads(defect, seconds * 1000, signal) : null
    // Cut off, "not seen" would say more than is known.
    const isKnown = sighting !== null || (isAsked && !signal.aborted)
    seen.push({ inSim, onThreads: isKnown ? shown(sighting) : null })
    if (signal.aborted) continue
    process.stderr.write(`${defect.name} on random tapes; ${defects.length - index - 1} left\n`)
  }
  return seen
}

function shown(sighting: Sighting | null): string {
  return sighting === null ? '' : `${sighting.invariant}, tape ${sighting.tape}`
}

function choose(typed: string | true | undefined, all: readonly PlannedDefect[]): PlannedDefect[] {
  if (typed === undefined || typed === true) return [...all]
  const names = all.map(({ name }) => name)
  return splitList('--defects', typed).map((name) => {
    const defect = all.find((known) => known.name === name)
    if (defect === undefined) throw unknownName(`--defects ${asTyped(typed)}`, 'defect', name, names)
    return defect
  })
}

function lineOf(verdict: DefectVerdict): Omit<DefectLine, 'inSim' | 'onThreads'> {
  const { defect, invariant, states, scheduleLength, isShortest, isBaseClean, baseOutcome } = verdict
  const { cpuCount, pageCount, operationCount, preemption } = defect.case
  const size = `${cpuCount}x${pageCount}x${operationCount}, ${preemption === 'none' ? 'whole hooks' : 'inside hooks'}`
  const outcome = baseOutcome === 'complete' ? 'clean' : 'clean, bounded'
  return {
    name: defect.name,
    source: defect.trap,
    base: defect.baseName,
    size,
    invariant,
    states: invariant === '' ? null : states,
    schedule: scheduleLength === null ? '' : `${isShortest ? '' : '<= '}${scheduleLength}`,
    baseOutcome: isBaseClean ? outcome : `REPORTED: ${baseOutcome}`,
  }
}

function explain(defect: PlannedDefect, { answer }: ExploreRow): string {
  if (answer.status === 'failed') return `\n${answer.message}\n`
  if (answer.status !== 'explored' || answer.exploration.finding === null) return `\n${defect.breaks}\n`
  const { finding, steps, schedule } = answer.exploration
  const command = `npm run explore -- --defects ${defect.name} --replay ${shellWord(schedule)}`
  return `\n${defect.breaks}\n\n${finding.invariant}: ${finding.message}\n${scheduleTable(steps)}reproduce: ${command}\n`
}

async function replayDefect(
  defects: readonly PlannedDefect[],
  schedule: string,
  profile: string,
  signal: AbortSignal,
): Promise<number> {
  if (defects.length !== 1)
    throw new UsageError(
      '--replay',
      'a schedule belongs to one defect',
      [],
      'write --defects NAME --replay ...',
    )
  const limits = { profile, stateCount: 1, seconds: SECONDS, shorteningStates: 0 }
  const [job] = await defectJobs(defects, limits)
  const [{ answer }] = await runExplorations([{ ...job, schedule }], signal, () => {})
  if (answer.status === 'failed' && answer.isUsage) throw new UsageError(answer.message, '', [], '')
  if (answer.status !== 'replayed')
    throw new Error(answer.status === 'failed' ? answer.message : 'not replayed')
  process.stdout.write(scheduleTable(answer.steps))
  if (answer.remark !== '') process.stderr.write(`\n${answer.remark}\n`)
  if (answer.finding === null) return EXIT_PASS
  process.stderr.write(`\n${answer.finding.invariant}: ${answer.finding.message}\n`)
  return EXIT_FAILED
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (error) {
    throw new UsageError(
      `--write ${asTyped(file)}`,
      firstLine(error),
      [],
      'name a file in a folder that exists',
    )
  }
}

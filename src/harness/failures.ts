import type { BenchPlan } from './benchPlan.js'
import { cellName, type Cell } from './cells.js'
import type { JobResult, Violation } from './job.js'
import type { PlannedJob } from './plan.js'
import { NEEDS_LUCK, type ReproductionContext, reproduceCommand } from './reproduce.js'

/** A cell in which something must never have happened, or a repetition failed. Kept in run.json, told on stderr. */
export interface Failure {
  cell: string
  engine: Cell['engine']
  params: string
  contract: string
  seed: number
  repetition: number
  /** Why the repetition failed; empty where it ended and violated an invariant. */
  message: string
  cpu_states: string[]
  violation_count: number
  violations: Violation[]
  reproduce: string
}

/** The reader needs one to start from; the others of the same cell rarely say more. */
const VIOLATIONS_SHOWN = 3

/** What fails the run in this repetition, or null. Contract `none` promises nothing, so nothing can break its promise. */
export function failureOf(
  plan: BenchPlan,
  context: ReproductionContext,
  job: PlannedJob,
  result: JobResult,
): Failure | null {
  const { cell } = job
  const failed = result.status === 'failed'
  const count = failed ? result.violations.length : result.violationCount
  if (!failed && (count === 0 || cell.contract === 'none')) return null
  return {
    cell: cellName(cell),
    engine: cell.engine,
    params: cell.params,
    contract: cell.contract,
    seed: plan.seed,
    repetition: job.repetition,
    message: failed ? result.message : '',
    cpu_states: failed ? result.cpuStates : [],
    violation_count: count,
    violations: result.violations,
    reproduce: reproduceCommand(cell, context),
  }
}

/** One paragraph for each cell: its first failed repetition in full, how many more there are, and how to see it again. */
export function describeFailures(failures: readonly Failure[]): string {
  return describeByCell(failures).join('\n')
}

/** The same paragraphs, one by one. */
export function describeByCell(failures: readonly Failure[]): string[] {
  const cells = new Map<string, Failure[]>()
  for (const failure of failures) {
    const key = `${failure.cell} ${failure.params}`
    cells.set(key, [...(cells.get(key) ?? []), failure])
  }
  return [...cells.values()].map(describeCell)
}

function describeCell(failures: readonly Failure[]): string {
  const first = failures.toSorted((a, b) => a.repetition - b.repetition)[0]
  const params = first.params === '' ? '' : ` (${first.params})`
  const others = failures.length > 1 ? `, and ${failures.length - 1} more repetitions of this cell` : ''
  const what = first.message === '' ? `violates contract ${first.contract}` : 'failed'
  const lines = [
    `${first.cell}${params} ${what}: repetition ${first.repetition}, seed ${first.seed}${others}`,
  ]
  for (const line of first.message.split('\n')) if (line !== '') lines.push(`  ${line}`)
  for (const state of first.cpu_states) lines.push(`  ${state}`)
  for (const violation of first.violations.slice(0, VIOLATIONS_SHOWN)) {
    const { invariant, cpu, space, page, step, message } = violation
    lines.push(`  ${invariant} at CPU ${cpu}, page ${page} of space ${space}, step ${step}: ${message}`)
  }
  const unseen = first.violation_count - Math.min(VIOLATIONS_SHOWN, first.violations.length)
  if (unseen > 0) lines.push(`  and ${unseen} more`)
  lines.push(`  reproduce: ${first.reproduce}`)
  if (first.engine === 'threads') lines.push(`  ${NEEDS_LUCK}`)
  return `${lines.join('\n')}\n`
}

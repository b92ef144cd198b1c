import type { PlannedCell } from '../records/cellKey.js'
import { writeCsv } from '../records/csvWriter.js'
import type { SampleRow } from '../records/sampleColumns.js'
import { SUMMARY_COLUMNS } from '../records/summaryColumns.js'
import { tapeMismatch } from '../records/tapeMismatch.js'
import { writeJson } from '../records/writeFile.js'
import { type Format, renderSummary } from '../report/formats.js'
import type { BenchPlan } from './benchPlan.js'
import { summarize } from '../report/summary.js'
import { readLoad } from './environment.js'
import { EXIT_FAILED, EXIT_INTERRUPTED, EXIT_PASS } from './exitCodes.js'
import { describeFailures, type Failure } from './failures.js'
import type { Block } from './plan.js'
import { shellWord } from './quote.js'
import type { BenchIo, Run } from './run.js'
import type { RunRecord } from './runJson.js'
import { isExtrapolated, warningsAfter } from './warnings.js'

/**
 * The end of a run, whether it was measured to the end or stopped: summary and run.json on disk first, words after.
 * @param left what was not measured because the run was stopped
 * @returns the exit code
 */
export function conclude(
  run: Run,
  rows: readonly SampleRow[],
  newFailures: readonly Failure[],
  left: readonly Block[],
  format: Format,
  io: BenchIo,
): number {
  const { plan, folder, record } = run
  // First of all: the summary of repetitions that did different work would mean nothing.
  const mismatch = tapeMismatch(rows)
  const summary = mismatch === null ? summarize(rows, plannedCells(run.runId, plan)) : []
  const failures = [...record.failures, ...newFailures]
  const status = statusOf(left, failures, mismatch)
  const after = readLoad()
  const lateWarnings = warningsAfter(record.load_before, after, record.environment.cores)
  writeCsv(folder.summaryCsv, SUMMARY_COLUMNS, summary)
  const ended: RunRecord = {
    ...record,
    status,
    exit_code: EXIT_CODES[status],
    ended: after.time,
    load_after: after,
    warnings: [...record.warnings, ...lateWarnings],
    failures,
    tape_mismatch: mismatch,
  }
  writeJson(folder.runJson, ended)

  for (const warning of lateWarnings) io.stderr(`warning: ${warning}\n`)
  if (failures.length > 0) io.stderr(`\n${describeFailures(failures)}\n`)
  if (mismatch !== null)
    io.stderr(`the cells did not do the same work, so nothing can be compared:\n${mismatch}\n`)
  if (status === 'interrupted') {
    io.stderr(
      `interrupted: ${rows.length} of ${rows.length + count(left)} repetitions are kept in ${folder.path}\n`,
    )
    io.stderr(`continue with: npm run bench -- --resume ${shellWord(folder.path)}\n`)
  } else {
    io.stdout(renderSummary(summary, format, { colour: io.colour }))
    io.stderr(`results: ${folder.path}\n`)
  }
  return EXIT_CODES[status]
}

const EXIT_CODES = { complete: EXIT_PASS, failed: EXIT_FAILED, interrupted: EXIT_INTERRUPTED }

function statusOf(
  left: readonly Block[],
  failures: readonly Failure[],
  mismatch: string | null,
): 'complete' | 'failed' | 'interrupted' {
  if (left.length > 0) return 'interrupted'
  return failures.length > 0 || mismatch !== null ? 'failed' : 'complete'
}

function count(blocks: readonly Block[]): number {
  return blocks.reduce((sum, block) => sum + block.jobs.length, 0)
}

/** The rows of summary.csv, in the order of the matrix and not of the shuffled plan. */
function plannedCells(runId: string, plan: BenchPlan): PlannedCell[] {
  return plan.cells.map((cell) => ({
    run_id: runId,
    engine: cell.engine,
    strategy: cell.strategy.name,
    contract: cell.contract,
    workload: cell.workload.name,
    params: cell.params,
    cpus: cell.cpus,
    profile: plan.profile.name,
    seed: plan.seed,
    fault: plan.fault.text,
    tape_hash: '',
    extrapolated: isExtrapolated(cell, plan),
    skipped: cell.skipped ?? '',
  }))
}

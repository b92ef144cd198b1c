/** `report`: run folders to what stands on stdout and stderr. */
import { UsageError } from '../contract/usageError.js'
import { githubActionBenchmark } from './exports/githubActionBenchmark.js'
import { fullColumns, historyOf, otavaConfig, otavaCsv } from './exports/otava.js'
import { renderSummary, type ReportFormat } from './formats.js'
import { byTime, mergeRuns } from './merge.js'
import { outcomeOf } from './outcome.js'
import { readRuns, type StoredRun } from './storedRun.js'
import type { TableOptions } from './table.js'
import { renderView } from './views/view.js'
import { type DefaultsOf, refuseExport, type ViewName, viewOf } from './views/views.js'
import { writeMerged } from './writeMerged.js'

export interface ReportRequest {
  /** Run folders; at least one. */
  readonly paths: readonly string[]
  readonly format: ReportFormat
  /** Another question than the table of all cells; null: that table. */
  readonly view: ViewName | null
  readonly defaultsOf: DefaultsOf
  /** Where the merged run goes; null: nowhere. */
  readonly out: string | null
}

export interface Report {
  readonly text: string
  readonly warnings: readonly string[]
  /** A run holds a broken promise or a failed repetition. */
  readonly failed: boolean
  /** Absolute path of what `out` has become; null where it was not asked for. */
  readonly folder: string | null
}

/** @throws UsageError, Incomparable; RecordWriteError when the disk gives up */
export async function report(request: ReportRequest, options: TableOptions): Promise<Report> {
  const { paths, format, out, view } = request
  if (view !== null) refuseExport(view, format)
  const runs = readRuns(paths)
  if (format === 'otava' || format === 'otava-config') {
    if (out === null) return history(runs, format)
    const reason = `runs are rows of a history in ${format}, and are not merged`
    throw new UsageError(`--out with --format ${format}`, reason, [], 'leave one of the two out')
  }
  const run = runs.length === 1 && out === null ? runs[0] : mergeRuns(runs)
  const { summary, failed, warnings } = outcomeOf(run)
  const text =
    format === 'github-action-benchmark'
      ? githubActionBenchmark(summary)
      : view === null
        ? renderSummary(summary, format, options)
        : renderView(await viewOf(view, summary, request.defaultsOf), format)
  return { text, warnings, failed, folder: out === null ? null : writeMerged(out, run, summary) }
}

function history(runs: readonly StoredRun[], format: 'otava' | 'otava-config'): Report {
  const outcomes = runs.toSorted(byTime).map((run) => ({ run, ...outcomeOf(run) }))
  const table = historyOf(
    outcomes.map(({ run: { record }, summary }) => ({
      time: record.started,
      commit: commitOf(record.environment),
      summary,
    })),
  )
  const warnings = outcomes.flatMap((outcome) => outcome.warnings)
  const holed = table.columns.length - fullColumns(table).length
  if (holed > 0) {
    warnings.push(
      `${holed} of ${table.columns.length} columns are not known in every run; Otava cannot read those, and otava-config leaves them out`,
    )
  }
  return {
    text: format === 'otava' ? otavaCsv(table) : otavaConfig(table),
    warnings,
    failed: outcomes.some((outcome) => outcome.failed),
    folder: null,
  }
}

/** As `git describe --dirty` says it. */
function commitOf({
  git_commit,
  git_dirty,
}: {
  git_commit: string | null
  git_dirty: boolean | null
}): string {
  return git_commit === null ? '' : `${git_commit}${git_dirty === true ? '-dirty' : ''}`
}

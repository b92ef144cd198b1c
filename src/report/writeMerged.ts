/** A merged run as a run folder, so that it can be reported again. */
import { writeCsv } from '../records/csvWriter.js'
import { datapackage } from '../records/datapackage.js'
import { createRunFolder } from '../records/runFolder.js'
import { SAMPLE_COLUMNS } from '../records/sampleColumns.js'
import { SUMMARY_COLUMNS, type SummaryRow } from '../records/summaryColumns.js'
import { writeJson } from '../records/writeFile.js'
import type { StoredRun } from './storedRun.js'

/**
 * The same parts give the same bytes, whenever they are merged.
 * @param out a new or empty directory
 * @returns its absolute path
 */
export function writeMerged(out: string, run: StoredRun, summary: readonly SummaryRow[]): string {
  const { folder, runId } = createRunFolder({
    out,
    label: 'merged',
    startedAt: new Date(run.record.started),
    root: '',
  })
  writeCsv(folder.samplesCsv, SAMPLE_COLUMNS, run.rows)
  writeCsv(folder.summaryCsv, SUMMARY_COLUMNS, summary)
  writeJson(folder.datapackageJson, datapackage(runId))
  // Last, as in every run: where there is a run.json, there is a run.
  writeJson(folder.runJson, { ...run.record, run_id: runId })
  return folder.path
}

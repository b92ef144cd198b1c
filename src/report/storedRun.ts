/** A run as it lies in its folder, read for a report. */
import { resolve } from 'node:path'
import { UsageError } from '../contract/usageError.js'
import { readCsv } from '../records/csvReader.js'
import { runFolderAt } from '../records/runFolder.js'
import { readRecordedRun, type RecordedRun } from '../records/runRecord.js'
import { SAMPLE_COLUMNS, type SampleRow } from '../records/sampleColumns.js'

export interface StoredRun {
  /** As typed: what messages call it. */
  readonly name: string
  readonly record: RecordedRun
  readonly rows: readonly SampleRow[]
  /** What its reader must know, a line each. */
  readonly warnings: readonly string[]
}

/** @throws UsageError where a folder holds no run, or is given twice */
export function readRuns(paths: readonly string[]): StoredRun[] {
  const folders = paths.map((path) => resolve(path))
  const twice = paths.find((_, at) => folders.indexOf(folders[at]) !== at)
  if (twice !== undefined) throw new UsageError(twice, 'it is given twice', [], 'name each run once')
  return paths.map(readRun)
}

function readRun(path: string): StoredRun {
  const folder = runFolderAt(path)
  const record = readRecordedRun(folder)
  const { rows, tornTail, extraColumns } = readCsv(folder.samplesCsv, SAMPLE_COLUMNS, {
    tolerateTornTail: true,
  })
  const ids = new Set((record.parts ?? [record]).map((part) => part.run_id))
  const stranger = rows.find((row) => !ids.has(row.run_id))
  if (stranger !== undefined) {
    const reason = `its samples.csv holds rows of run ${stranger.run_id}, its run.json is of ${[...ids].join(', ')}`
    throw new UsageError(path, reason, [], 'give the folder of one run')
  }
  const warnings = [...endOf(path, record, rows.length)]
  if (tornTail !== null) warnings.push(`${path}: the last line of its samples.csv is cut off, and left out`)
  if (extraColumns.length > 0) {
    warnings.push(`${path}: columns that this version does not know are left out: ${extraColumns.join(', ')}`)
  }
  return { name: path, record, rows, warnings }
}

function endOf(path: string, record: RecordedRun, rowCount: number): string[] {
  if (record.status === 'running')
    return [`${path} has not ended: it is still measured, or was killed; it has ${rowCount} repetitions`]
  if (record.status === 'interrupted')
    return [`${path} was interrupted: ${rowCount} repetitions were measured, others were not`]
  return []
}

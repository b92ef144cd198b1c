/** `results/baseline`: one file of rows for each strategy, so that two new strategies never meet in one file. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '../contract/usageError.js'
import { shellWord } from '../harness/quote.js'
import { readCsv } from '../records/csvReader.js'
import { writeCsv } from '../records/csvWriter.js'
import { reasonOf, writeJson } from '../records/writeFile.js'
import { BASELINE_COLUMNS, type BaselineRow, nameOf } from './baselineRow.js'
import { GateRefusal } from './refusal.js'

/** Below the current directory. */
export const BASELINE_DIRECTORY = 'results/baseline'
const ROWS_FILE = /^sim-.+\.csv$/

/** What brings a baseline up to date. */
export function updateCommand(directory: string): string {
  const where = directory === BASELINE_DIRECTORY ? '' : ` --baseline ${shellWord(directory)}`
  return `npm run gate -- --update${where}`
}

/** @throws GateRefusal where there is nothing, or anything in it cannot be read: what is passed over is not compared */
export function readBaseline(directory: string): BaselineRow[] {
  const remedy = `make one: ${updateCommand(directory)}`
  const rows = rowsFiles(directory, remedy).flatMap((name) => readRows(join(directory, name), remedy))
  const seen = new Set<string>()
  for (const row of rows) {
    const key = `${nameOf(row)} ${row.oracle}`
    if (seen.has(key)) {
      const why = `it has ${nameOf(row)} with oracle ${row.oracle} twice, and which one counts is unknown`
      throw new GateRefusal(`the baseline in ${directory} is not one`, why, remedy)
    }
    seen.add(key)
  }
  return rows
}

function rowsFiles(directory: string, remedy: string): string[] {
  const what = `missing base: there is no baseline in ${directory}`
  let names: string[]
  try {
    names = readdirSync(directory)
  } catch (cause) {
    throw new GateRefusal(what, reasonOf(cause), remedy)
  }
  const files = names.filter((name) => ROWS_FILE.test(name)).sort()
  if (files.length === 0) throw new GateRefusal(what, 'it holds no file sim-STRATEGY.csv', remedy)
  return files
}

function readRows(file: string, remedy: string): BaselineRow[] {
  let rows: BaselineRow[]
  try {
    rows = readCsv(file, BASELINE_COLUMNS).rows
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    // The reader's own remedies are for the files of a run.
    const [what, why] = error.message.split('\n')
    throw new GateRefusal(what, why, remedy)
  }
  if (rows.length === 0) throw new GateRefusal(`no samples: ${file} has no row`, '', remedy)
  return rows
}

/** Replaces the whole baseline; files of strategies that are not among the rows go. */
export function writeBaseline(directory: string, rows: readonly BaselineRow[], environment: object): void {
  try {
    mkdirSync(directory, { recursive: true })
  } catch (cause) {
    const thing = `--baseline ${directory}`
    throw new UsageError(thing, reasonOf(cause), [], 'give a directory that can be made')
  }
  const files = new Map<string, BaselineRow[]>()
  for (const row of rows.toSorted(byCell)) {
    const name = `sim-${row.strategy}.csv`
    files.set(name, [...(files.get(name) ?? []), row])
  }
  for (const [name, ofStrategy] of files) writeCsv(join(directory, name), BASELINE_COLUMNS, ofStrategy)
  writeJson(join(directory, 'environment.json'), environment)
  for (const name of readdirSync(directory))
    if (ROWS_FILE.test(name) && !files.has(name)) rmSync(join(directory, name))
}

/** By code unit and not by locale: the same file on every machine. Of one cell, `full` comes before `local`. */
function byCell(a: BaselineRow, b: BaselineRow): number {
  return (
    compareText(a.workload, b.workload) ||
    a.cpus - b.cpus ||
    compareText(a.params, b.params) ||
    compareText(a.oracle, b.oracle)
  )
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

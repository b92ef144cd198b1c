/**
 * Reads a CSV file that a run wrote, strictly: a figure that is silently dropped or misread is worse
 * than none. Extra columns are passed over, because later versions may add some within one schema
 * version. The one thing that is forgiven, and only on request, is a torn last row: what a crash leaves.
 */
import { readFileSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import { UsageError } from '../contract/usageError.js'
import { parseCell, type CellValue } from './cell.js'
import { SCHEMA_VERSION, type Column, type Row } from './columns.js'
import { reasonOf } from './writeFile.js'

export interface ReadOptions {
  /** Drop a last line that does not end, and say so, instead of refusing the file. */
  readonly tolerateTornTail: boolean
}

export interface ReadResult<R> {
  readonly rows: R[]
  /** The text that was dropped; null where the file ends as it should. */
  readonly tornTail: string | null
  /** Names of columns that this program does not know. */
  readonly extraColumns: string[]
}

interface Line {
  readonly record: string[]
  readonly info: { readonly lines: number }
}

const STRICT: ReadOptions = { tolerateTornTail: false }

export function readCsv<Columns extends readonly Column[]>(
  path: string,
  columns: Columns,
  options: ReadOptions = STRICT,
): ReadResult<Row<Columns>> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new UsageError(`cannot read ${path}`, reasonOf(cause), [], 'give the folder of a run')
  }
  return parseCsv(text, path, columns, options)
}

/** @param file named in messages */
export function parseCsv<Columns extends readonly Column[]>(
  text: string,
  file: string,
  columns: Columns,
  options: ReadOptions = STRICT,
): ReadResult<Row<Columns>> {
  const end = text.lastIndexOf('\n') + 1
  // Also where it parses: `12` may be the beginning of `123`.
  const tornTail = end < text.length ? text.slice(end) : null
  if (tornTail !== null && !options.tolerateTornTail) {
    throw new UsageError(
      `${file} is cut off`,
      `line ${text.split('\n').length} does not end: the run was stopped while writing it`,
      [],
      'finish the run with --resume, or delete that line',
    )
  }
  // The file of a run that was stopped inside its header holds no rows, and that is all it says.
  if (tornTail !== null && end === 0) return { rows: [], tornTail, extraColumns: [] }

  const lines = parseLines(text.slice(0, end), file)
  const header = lines[0]?.record
  if (header === undefined)
    throw new UsageError(`${file} is empty`, 'it has no header', [], 'give the file of a run')
  refuseOtherSchema(header, lines, file)
  const positions = positionsOf(header, columns, file)
  const known = new Set(columns.map((column) => column.name))
  return {
    rows: lines.slice(1).map((line) => parseRow(line, positions, columns, file)),
    tornTail,
    extraColumns: header.filter((name) => !known.has(name)),
  }
}

function parseLines(text: string, file: string): Line[] {
  try {
    // `info` needs a cast: its declared result type is that of the plain records.
    return parse(text, { bom: true, info: true, skip_empty_lines: true }) as unknown as Line[]
  } catch (cause) {
    throw new UsageError(`${file} is not CSV`, reasonOf(cause), [], 'repair that line, or measure again')
  }
}

/** First of all: under another version neither the names nor the meaning of the other columns are known. */
function refuseOtherSchema(header: readonly string[], lines: readonly Line[], file: string): void {
  const at = header.indexOf('schema_version')
  if (at < 0) {
    throw new UsageError(
      `${file} is not a file of results`,
      'it has no column schema_version',
      [],
      'give the file of a run',
    )
  }
  for (const line of lines.slice(1)) {
    const version = line.record[at]
    if (version === String(SCHEMA_VERSION)) continue
    throw new UsageError(
      `${file} line ${line.info.lines} has schema_version ${version}`,
      `this program reads ${SCHEMA_VERSION}`,
      [],
      'read it with the version that wrote it, or measure again',
    )
  }
}

function positionsOf(header: readonly string[], columns: readonly Column[], file: string): number[] {
  const twice = header.find((name, at) => header.indexOf(name) !== at)
  if (twice !== undefined) {
    throw new UsageError(
      `${file} has the column ${twice} twice`,
      'which one counts is unknown',
      [],
      'remove one of them',
    )
  }
  const missing = columns.filter((column) => !header.includes(column.name)).map((column) => column.name)
  if (missing.length > 0) {
    throw new UsageError(
      `${file} lacks ${missing.length === 1 ? 'the column' : `${missing.length} columns`} ${missing.join(', ')}`,
      `schema_version ${SCHEMA_VERSION} has them all`,
      [],
      'read the file as the run wrote it, or measure again',
    )
  }
  return columns.map((column) => header.indexOf(column.name))
}

function parseRow<Columns extends readonly Column[]>(
  line: Line,
  positions: readonly number[],
  columns: Columns,
  file: string,
): Row<Columns> {
  const row: Record<string, CellValue> = {}
  columns.forEach((column, index) => {
    const cell = parseCell(column, line.record[positions[index]])
    if ('problem' in cell) {
      throw new UsageError(
        `${file} line ${line.info.lines}`,
        `column ${column.name}: ${cell.problem}`,
        [],
        'repair that cell, or measure again',
      )
    }
    row[column.name] = cell.value
  })
  // Every column was read and has the type of its definition; the compiler cannot follow a loop there.
  return row as Row<Columns>
}

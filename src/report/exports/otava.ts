/**
 * A history for Apache Otava, which looks for change points: one row for each run, `time,commit` and a column for each
 * figure of each cell (https://github.com/apache/otava, docs/CSV.md).
 */
import { stringify } from 'csv-stringify/sync'
import { UsageError } from '../../contract/usageError.js'
import type { SummaryRow } from '../../records/summaryColumns.js'
import { figuresOf, seriesName } from './figures.js'

export interface HistoryEntry {
  /** ISO 8601. */
  readonly time: string
  /** Empty: unknown. */
  readonly commit: string
  readonly summary: readonly SummaryRow[]
}

export interface History {
  /** Of figures, without time and commit. */
  readonly columns: string[]
  readonly rows: { readonly entry: HistoryEntry; readonly values: ReadonlyMap<string, number> }[]
}

/** @param entries in order of time */
export function historyOf(entries: readonly HistoryEntry[]): History {
  const rows = entries.map((entry) => ({ entry, values: valuesOf(entry.summary) }))
  return { columns: [...new Set(rows.flatMap(({ values }) => [...values.keys()]))], rows }
}

/** What a run has not measured is empty there. */
export function otavaCsv({ columns, rows }: History): string {
  return stringify(
    [
      ['time', 'commit', ...columns],
      ...rows.map(({ entry, values }) => [
        entry.time,
        entry.commit,
        ...columns.map((column) => String(values.get(column) ?? '')),
      ]),
    ],
    { record_delimiter: '\n' },
  )
}

/** Columns that Otava can read: it refuses a file of which a column that it is to read has an empty cell. */
export function fullColumns({ columns, rows }: History): string[] {
  return columns.filter((column) => rows.every(({ values }) => values.has(column)))
}

/** An otava.yaml for the full columns. Its names are plain: no column needs quotes. */
export function otavaConfig(history: History): string {
  const metrics = fullColumns(history).map((column) => `      ${column}:\n        direction: -1\n`)
  return [
    'tests:\n',
    '  shootdown:\n',
    '    type: csv\n',
    '    file: shootdown.csv\n',
    '    time_column: time\n',
    '    attributes: [commit]\n',
    metrics.length === 0 ? '    metrics: {}\n' : '    metrics:\n',
    ...metrics,
  ].join('')
}

function valuesOf(summary: readonly SummaryRow[]): Map<string, number> {
  const values = new Map<string, number>()
  for (const row of summary) {
    for (const { metric, value } of figuresOf(row)) {
      const column = plain(`${seriesName(row)}/${metric}`)
      if (values.has(column)) {
        const reason =
          'two cells would have it: other characters than letters, digits, dots and dashes become _'
        throw new UsageError(
          `column ${column}`,
          reason,
          [],
          'give the file of a strategy or workload another name',
        )
      }
      values.set(column, value)
    }
  }
  return values
}

/** Otava takes lists of metrics separated by commas; a name that needs no quotes anywhere is the safest. */
function plain(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9.-]+/g, '_')
}

/** `--format`: what a run writes to stdout. */
import { UsageError } from '../contract/usageError.js'
import { csvText } from '../records/csvText.js'
import { SUMMARY_COLUMNS, type SummaryRow } from '../records/summaryColumns.js'
import { renderTable, type TableOptions } from './table.js'

export const FORMATS = ['table', 'json', 'csv'] as const
export type Format = (typeof FORMATS)[number]

export function parseFormat(text: string): Format {
  const format = FORMATS.find((name) => name === text)
  if (format === undefined)
    throw new UsageError(`--format ${text}`, 'there is no such format', FORMATS, 'leave it out for a table')
  return format
}

/** `json`: an array of rows, unknown figures null. `csv`: the bytes of summary.csv. */
export function renderSummary(rows: readonly SummaryRow[], format: Format, options: TableOptions): string {
  if (format === 'table') return renderTable(rows, options)
  if (format === 'csv') return csvText(SUMMARY_COLUMNS, rows)
  return `${JSON.stringify(rows.map(inColumnOrder), null, 2)}\n`
}

/** And no other properties: rows that were read or merged may carry them in another order. */
function inColumnOrder(row: SummaryRow): object {
  return Object.fromEntries(SUMMARY_COLUMNS.map((column) => [column.name, row[column.name]]))
}

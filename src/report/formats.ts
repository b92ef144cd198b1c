/** `--format`: what a run or a report writes to stdout. */
import { UsageError } from '../contract/usageError.js'
import { csvText } from '../records/csvText.js'
import { SUMMARY_COLUMNS, type SummaryRow } from '../records/summaryColumns.js'
import { renderTable, type TableOptions } from './table.js'

export const FORMATS = ['table', 'json', 'csv'] as const
export type Format = (typeof FORMATS)[number]

/** Of `report`: those of a run, and exports for other programs. */
export const REPORT_FORMATS = [...FORMATS, 'github-action-benchmark', 'otava', 'otava-config'] as const
export type ReportFormat = (typeof REPORT_FORMATS)[number]

export function parseFormat(text: string): Format {
  return oneOf(FORMATS, text)
}

export function parseReportFormat(text: string): ReportFormat {
  return oneOf(REPORT_FORMATS, text)
}

function oneOf<F extends string>(formats: readonly F[], text: string): F {
  const format = formats.find((name) => name === text)
  if (format === undefined)
    throw new UsageError(`--format ${text}`, 'there is no such format', formats, 'leave it out for a table')
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

/** Rows to CSV text: UTF-8, LF, the columns in their fixed order, quotes only where needed. */
import { stringify } from 'csv-stringify/sync'
import { formatCell, type CellValue } from './cell.js'
import type { Column, Row } from './columns.js'

export function headerLine(columns: readonly Column[]): string {
  return line(columns.map((column) => column.name))
}

export function rowLine<Columns extends readonly Column[]>(columns: Columns, row: Row<Columns>): string {
  const values = row as Readonly<Record<string, CellValue>>
  return line(
    columns.map((column) => {
      const value = values[column.name]
      if (value === undefined) throw new Error(`column ${column.name}: the row has no such value`)
      return formatCell(column, value)
    }),
  )
}

export function csvText<Columns extends readonly Column[]>(
  columns: Columns,
  rows: readonly Row<Columns>[],
): string {
  return headerLine(columns) + rows.map((row) => rowLine(columns, row)).join('')
}

// Cells arrive as text: csv-stringify only quotes them. Its own casts are never reached.
function line(cells: readonly string[]): string {
  return stringify([cells], {
    record_delimiter: '\n',
    quote_record_delimiter: true,
    bom: false,
    escape_formulas: false,
  })
}

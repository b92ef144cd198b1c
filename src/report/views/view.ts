/** A question that a run answers: rows of figures with names, for people and for programs. */
import { stringify } from 'csv-stringify/sync'
import { alignedTable } from '../alignedTable.js'
import type { Format } from '../formats.js'
import { significant, UNKNOWN } from '../number.js'

export type ViewValue = string | number | boolean | null

export interface View {
  /** With units. */
  readonly columns: readonly string[]
  readonly rows: readonly (readonly ViewValue[])[]
  /** What the reader of the table must know, a line each. */
  readonly notes: readonly string[]
}

/** CSV and JSON have all digits, unknown is empty and null; the table has three digits. */
export function renderView({ columns, rows, notes }: View, format: Format): string {
  if (format === 'csv') return stringify([columns, ...rows], { cast: { boolean: String } })
  if (format === 'json') {
    const objects = rows.map((row) => Object.fromEntries(columns.map((name, at) => [name, row[at]])))
    return `${JSON.stringify(objects, null, 2)}\n`
  }
  const texts = new Set(
    columns.map((_, at) => at).filter((at) => rows.some((row) => typeof row[at] === 'string')),
  )
  const table = rows.length === 0 ? '' : alignedTable([columns, ...rows.map((row) => row.map(textOf))], texts)
  return `${table}${notes.map((note) => `${note}\n`).join('')}`
}

function textOf(value: ViewValue): string {
  if (value === null || value === '') return UNKNOWN
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return typeof value === 'number' ? significant(value) : value
}

/** The columns of the printed table, after the strategy: two lines of heading with the unit, and a text per row. */
import type { SummaryRow } from '../records/summaryColumns.js'
import { UNKNOWN, commonUnit, count, ratio, time, type TimeUnit } from './number.js'

export interface TableColumn {
  readonly heading: readonly [string, string]
  text(row: SummaryRow): string
}

type TimeName = 'ns_per_op' | 'op_p99_ns' | 'responder_ns_per_op' | 'exposure_p99_ns'

/** @param rows those of one block, which share their units */
export function tableColumns(rows: readonly SummaryRow[]): TableColumn[] {
  const op = unitOf(rows, 'ns_per_op')
  const p99 = unitOf(rows, 'op_p99_ns')
  const responder = unitOf(rows, 'responder_ns_per_op')
  const exposure = unitOf(rows, 'exposure_p99_ns')
  return [
    { heading: ['op', `${op.name}/op`], text: (row) => time(row.ns_per_op, op) },
    { heading: ['low..high', `${op.name}/op`], text: (row) => interval(row, op) },
    { heading: ['vs', 'immediate'], text: (row) => ratio(row.vs_immediate) },
    { heading: ['IPIs', '/op'], text: (row) => count(row.ipis_per_op) },
    { heading: ['op p99', p99.name], text: (row) => time(row.op_p99_ns, p99) },
    {
      heading: ['responder', `${responder.name}/op`],
      text: (row) => time(row.responder_ns_per_op, responder),
    },
    { heading: ['innocents', 'slowdown'], text: (row) => ratio(row.innocent_slowdown) },
    { heading: ['held', 'frames'], text: (row) => count(row.held_frames_peak) },
    { heading: ['exposure', `p99 ${exposure.name}`], text: (row) => time(row.exposure_p99_ns, exposure) },
  ]
}

/** Whether anything in such a row is known. */
export function hasFigures(row: SummaryRow): boolean {
  return tableColumns([row]).some((column) => column.text(row) !== UNKNOWN)
}

function unitOf(rows: readonly SummaryRow[], name: TimeName): TimeUnit {
  return commonUnit(rows.map((row) => row[name]))
}

function interval(row: SummaryRow, unit: TimeUnit): string {
  if (row.ns_per_op_low === null || row.ns_per_op_high === null) return UNKNOWN
  return `${time(row.ns_per_op_low, unit)}..${time(row.ns_per_op_high, unit)}`
}

import { count, ratio, significant } from '../../src/report/number.js'
import type { SuiteRow } from './suite.js'

const HEADINGS = ['suite', 'task', 'per operation', 'M/s', 'ratio', 'p5..p95', 'target', 'met'] as const

/** What has been measured, for people. */
export function suiteTable(rows: readonly SuiteRow[]): string {
  const cells = rows.map((row, at) => [
    rows[at - 1]?.suite === row.suite ? '' : row.suite,
    row.task,
    `${significant(row.median)} ${row.unit}`,
    row.per_second === null ? '-' : count(row.per_second / 1e6),
    row.ratio === null ? '-' : ratio(row.ratio),
    row.ratio_p5 === null || row.ratio_p95 === null
      ? '-'
      : `${significant(row.ratio_p5)}..${significant(row.ratio_p95)}`,
    row.target ?? '-',
    row.met === null ? '-' : row.met ? 'yes' : 'NO',
  ])
  const table = [[...HEADINGS], ...cells]
  const widths = HEADINGS.map((_, column) => Math.max(...table.map((line) => line[column].length)))
  const isText = (column: number) => column < 2 || column >= 6
  return table
    .map((line) =>
      line
        .map((cell, column) => (isText(column) ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('')
}

import { count, ratio, significant } from '../../src/report/number.js'
import type { SuiteRow } from './combine.js'
import type { Verdict } from './target.js'

const HEADINGS = ['suite', 'task', 'per operation', 'M/s', 'ratio', 'low..high', 'target', 'met'] as const

/** In capitals what nobody should read over. */
const VERDICTS: Record<Verdict, string> = { yes: 'yes', no: 'NO', open: 'open' }

/** What has been measured, for people. */
export function suiteTable(rows: readonly SuiteRow[]): string {
  const cells = rows.map((row, at) => [
    rows[at - 1]?.suite === row.suite ? '' : row.suite,
    row.task,
    `${significant(row.value)} ${row.unit}`,
    row.per_second === null ? '-' : count(row.per_second / 1e6),
    row.ratio === null ? '-' : ratio(row.ratio),
    row.ratio_low === null || row.ratio_high === null
      ? '-'
      : `${significant(row.ratio_low)}..${significant(row.ratio_high)}`,
    row.target ?? '-',
    row.met === null ? '-' : VERDICTS[row.met],
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

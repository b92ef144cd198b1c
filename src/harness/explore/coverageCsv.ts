import { stringify } from 'csv-stringify/sync'
import type { CoverageLine } from '../../report/exploreTable.js'

const COLUMNS = [
  'strategy',
  'case',
  'size',
  'preemption',
  'states',
  'transitions',
  'depth',
  'seconds',
  'given_up',
  'outcome',
] as const

export function coverageCsv(lines: readonly CoverageLine[]): string {
  const rows = lines.map(({ givenUp, ...line }) => ({ ...line, given_up: givenUp }))
  return stringify(rows, { header: true, columns: [...COLUMNS] })
}

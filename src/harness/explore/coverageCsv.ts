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
  'outcome',
] as const

export function coverageCsv(lines: readonly CoverageLine[]): string {
  return stringify([...lines], { header: true, columns: [...COLUMNS] })
}

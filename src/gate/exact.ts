/** Rows in virtual time against rows of the baseline. Pure: the same rows give the same findings, in the same order. */
import {
  type BaselineRow,
  IDENTITY,
  METRICS,
  type Metric,
  nameOf,
  plainNameOf,
  WORK_DONE,
} from './baselineRow.js'
import type { CellName, ExactFinding } from './verdict.js'

/** By how much a figure may become worse and still pass, percent of what it was. Absent: 0. */
export type TolerancePercent = Partial<Record<Metric, number>>

export interface ExactComparison {
  /** In the order of the rows; cells that are only in the baseline come last. */
  findings: ExactFinding[]
  comparedCount: number
}

type Oracle = 'full' | 'local'
type Rows = ReadonlyMap<Oracle, BaselineRow>
const ORACLES: readonly Oracle[] = ['full', 'local']

/** @param before of the baseline; at most one row of each cell and oracle, as in `after` */
export function compareExactly(
  before: readonly BaselineRow[],
  after: readonly BaselineRow[],
  tolerancePercent: TolerancePercent,
): ExactComparison {
  const result: ExactComparison = { findings: [], comparedCount: 0 }
  const left = cellsOf(before)
  const now = cellsOf(after)
  for (const [cell, rows] of now) {
    const former = left.has(cell) ? cell : otherParameters(rows, left, now)
    if (former === undefined) {
      result.findings.push(finding('new', cell))
      continue
    }
    compareCell(cell, left.get(former) ?? new Map(), rows, tolerancePercent, result)
    left.delete(former)
  }
  for (const cell of left.keys()) result.findings.push(finding('missing', cell))
  return result
}

function cellsOf(rows: readonly BaselineRow[]): Map<CellName, Map<Oracle, BaselineRow>> {
  const cells = new Map<CellName, Map<Oracle, BaselineRow>>()
  for (const row of rows) {
    const name = nameOf(row)
    const cell = cells.get(name) ?? new Map<Oracle, BaselineRow>()
    cells.set(name, cell.set(row.oracle as Oracle, row))
  }
  return cells
}

/** A cell of the baseline that nobody runs any more, of the same name but for its parameters. */
function otherParameters(
  rows: Rows,
  left: ReadonlyMap<CellName, Rows>,
  now: ReadonlyMap<CellName, Rows>,
): CellName | undefined {
  const wanted = plainNameOf(anyOf(rows))
  for (const [cell, former] of left) if (!now.has(cell) && plainNameOf(anyOf(former)) === wanted) return cell
  return undefined
}

function anyOf(rows: Rows): BaselineRow {
  return [...rows.values()][0]
}

function compareCell(
  cell: CellName,
  before: Rows,
  after: Rows,
  tolerancePercent: TolerancePercent,
  result: ExactComparison,
): void {
  const pairs = ORACLES.map((oracle) => ({ oracle, old: before.get(oracle), row: after.get(oracle) }))
  for (const name of IDENTITY) {
    const differs = pairs.find(({ old, row }) => old && row && old[name] !== row[name])
    if (differs?.old && differs.row) {
      const [was, is] = [differs.old[name], differs.row[name]]
      result.findings.push(finding('not comparable', cell, '', name, was, is))
      return
    }
  }
  for (const { oracle, old, row } of pairs) {
    if (old && row) compareRow(cell, oracle, old, row, tolerancePercent, result)
    else if (row) result.findings.push(finding('new', cell, oracle))
    else if (old) result.findings.push(finding('missing', cell, oracle))
  }
}

function compareRow(
  cell: CellName,
  oracle: Oracle,
  old: BaselineRow,
  row: BaselineRow,
  tolerancePercent: TolerancePercent,
  result: ExactComparison,
): void {
  if (old[WORK_DONE] !== row[WORK_DONE]) {
    const [was, is] = [old[WORK_DONE], row[WORK_DONE]]
    result.findings.push(finding('not comparable', cell, oracle, WORK_DONE, was, is))
    return
  }
  for (const metric of METRICS) {
    const [was, is] = [old[metric], row[metric]]
    if (was !== null && is !== null) result.comparedCount++
    if (was === is) continue
    const kind = kindOf(was, is, tolerancePercent[metric] ?? 0)
    result.findings.push(finding(kind, cell, oracle, metric, was, is))
  }
}

function kindOf(was: number | null, is: number | null, percent: number): ExactFinding['kind'] {
  if (was === null || is === null) return 'not comparable'
  if (is < was) return 'better'
  // Not by the ratio: where there was nothing, no tolerance allows for something.
  return (is - was) * 100 <= was * percent ? 'tolerated' : 'worse'
}

function finding(
  kind: ExactFinding['kind'],
  cell: CellName,
  oracle: ExactFinding['oracle'] = '',
  metric = '',
  before: number | string | null = null,
  after: number | string | null = null,
): ExactFinding {
  const ratio =
    typeof before === 'number' && typeof after === 'number' && before !== 0 ? after / before : null
  return { kind, cell, oracle, metric, before, after, ratio }
}

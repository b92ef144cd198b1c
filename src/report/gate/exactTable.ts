/** Tier 1 for a terminal: one row for each finding. */
import type { ExactFinding } from '../../gate/verdict.js'
import { change } from '../change.js'
import { UNKNOWN } from '../number.js'
import { foldedTable } from './foldedTable.js'
import { oneLine } from './verdictWords.js'

export const EXACT_HEADINGS = ['kind', 'cell', 'metric', 'before', 'after', 'change'] as const
export const EXACT_TEXT_COLUMNS: ReadonlySet<number> = new Set([0, 1, 2])
const CELL = 1

/** Hashes are told apart by their beginning. */
const LONGEST_VALUE = 24

export const EXACT_LEGEND = `Figures are simulated and exact: the same on every machine. change: after against before. -: unknown.
full: the verified repetition, local: the timed one. tolerated: worse by no more than the baseline allows.`

export function exactTable(findings: readonly ExactFinding[]): string {
  const rows = foldedTable([EXACT_HEADINGS, ...findings.map(exactCells)], EXACT_TEXT_COLUMNS, CELL)
  return `${rows.flat().join('\n')}\n`
}

/** In the order of the headings, each one line of plain text. */
export function exactCells(finding: ExactFinding): string[] {
  const { kind, cell, metric, oracle, before, after, ratio } = finding
  return [
    kind,
    oneLine(cell),
    metric === '' ? UNKNOWN : oneLine(metric) + (oracle === '' ? '' : ` (${oracle})`),
    value(before),
    value(after),
    change(ratio),
  ]
}

/** With all digits: what differs may be the last one. */
function value(figure: number | string | null): string {
  if (figure === null) return UNKNOWN
  const text = oneLine(String(figure))
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE - 3)}...` : text
}

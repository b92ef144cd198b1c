/** Tier 2 for a terminal: one row for each cell, and below it what the row rests on. */
import type { CellVerdict, Comparison, WallClockVerdict } from '../../gate/verdict.js'
import { change, changeInterval } from '../change.js'
import { UNKNOWN, commonUnit, count, time, type TimeUnit } from '../number.js'
import { TABLE_WIDTH } from '../table.js'
import { wrap } from '../wrap.js'
import { foldedTable } from './foldedTable.js'
import { oneLine } from './verdictWords.js'

export const WALL_CLOCK_TEXT_COLUMNS: ReadonlySet<number> = new Set([0, 8])
const CELL = 0
const NOTE_INDENT = ' '.repeat(4)
const ORDER = ['regression', 'inconclusive', 'pass']

export const WALL_CLOCK_LEGEND = `change: head against base, above 0 is slower; low..high encloses it with 95 % coverage or more. n: fresh processes.
base, head: medians, figures of this machine. p: signed-rank test, one-sided, adjusted for all cells (Holm).
finds: the slowdown that would be found in 95 of 100 runs as noisy as this one. control: head against a second build
of itself, which should be no change. again: a second batch of fresh processes. -: unknown.`

/** The worst outcome first, then the largest slowdown. */
export function worstCellsFirst(cells: readonly CellVerdict[]): CellVerdict[] {
  return cells.toSorted(
    (a, b) => ORDER.indexOf(a.outcome) - ORDER.indexOf(b.outcome) || b.batch.ratio - a.batch.ratio,
  )
}

export function wallClockHeadings(unit: TimeUnit): string[] {
  return [
    'cell',
    `base ${unit.name}`,
    `head ${unit.name}`,
    'change',
    'low..high',
    'p',
    'n',
    'finds',
    'outcome',
  ]
}

/** In the order of the headings, each one line of plain text. */
export function wallClockCells(cell: CellVerdict, unit: TimeUnit): string[] {
  const { batch } = cell
  return [
    oneLine(cell.cell),
    time(known(cell.baseNs), unit),
    time(known(cell.headNs), unit),
    change(batch.ratio),
    changeInterval(batch.low, batch.high),
    probability(batch.pAdjusted),
    count(batch.processes),
    change(cell.detectable),
    cell.outcome,
  ]
}

/** Control, second batch and reason in words. */
export function wallClockNote({ control, confirmation, reason, target }: CellVerdict): string {
  const parts = [
    `looked for ${change(target)}`,
    `control ${comparison(control)}`,
    ...(confirmation === null
      ? []
      : [
          `again ${comparison(confirmation)}, p ${probability(confirmation.pAdjusted)}, n ${confirmation.processes}`,
        ]),
    ...(reason === '' ? [] : [oneLine(reason)]),
  ]
  return parts.join('; ')
}

/** One unit for all cells, so that one heading serves them. */
export function unitOf(verdict: WallClockVerdict): TimeUnit {
  return commonUnit(verdict.cells.flatMap(({ baseNs, headNs }) => [known(baseNs), known(headNs)]))
}

/** @param cells those that are shown */
export function wallClockTable(cells: readonly CellVerdict[], unit: TimeUnit): string {
  const [headings, ...rows] = foldedTable(
    [wallClockHeadings(unit), ...cells.map((cell) => wallClockCells(cell, unit))],
    WALL_CLOCK_TEXT_COLUMNS,
    CELL,
  )
  const noted = rows.flatMap((row, at) => [
    ...row,
    ...wrap(wallClockNote(cells[at]), TABLE_WIDTH - NOTE_INDENT.length).map((line) => NOTE_INDENT + line),
  ])
  return `${[...headings, ...noted].join('\n')}\n`
}

function comparison({ ratio, low, high }: Comparison): string {
  return `${change(ratio)} (${changeInterval(low, high)})`
}

function probability(p: number): string {
  return Number.isFinite(p) ? (p < 0.001 ? '<0.001' : Number(p.toPrecision(2)).toString()) : UNKNOWN
}

function known(ns: number): number | null {
  return Number.isFinite(ns) ? ns : null
}

/** A table whose names may be longer than a line has room for. */
import { alignedTable } from '../alignedTable.js'
import { TABLE_WIDTH } from '../table.js'
import { wrap } from '../wrap.js'

/** Also where the figures leave less. */
const LEAST_NAME_WIDTH = 24
const GAP_WIDTH = 2

/**
 * @param nameColumn is broken into lines; all other columns are as wide as they have to be
 * @returns the lines of each row
 */
export function foldedTable(
  rows: readonly (readonly string[])[],
  textColumns: ReadonlySet<number>,
  nameColumn: number,
): string[][] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  const others = widths.reduce(
    (total, width, column) => (column === nameColumn ? total : total + GAP_WIDTH + width),
    0,
  )
  const nameWidth = Math.max(LEAST_NAME_WIDTH, TABLE_WIDTH - others)
  const names = rows.map((row) => wrap(row[nameColumn], nameWidth))
  const folded = rows.flatMap((row, at) =>
    names[at].map((name, line) =>
      row.map((cell, column) => (column === nameColumn ? name : line === 0 ? cell : '')),
    ),
  )
  const lines = alignedTable(folded, textColumns).split('\n')
  return names.map((name) => lines.splice(0, name.length))
}

/** Columns as wide as their widest cell: text to the left, figures to the right. */
export function alignedTable(rows: readonly (readonly string[])[], textColumns: ReadonlySet<number>): string {
  const [head] = rows
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          textColumns.has(column) ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
        )
        .join('  ')
        .trimEnd(),
    )
    .map((row) => `${row}\n`)
    .join('')
}

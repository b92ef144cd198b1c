/** The table that a run prints: one block for each engine, workload and CPU count, one row for each strategy. */
import { strategyParams, workloadParams } from '../records/params.js'
import type { SummaryRow } from '../records/summaryColumns.js'
import { alarm } from './colour.js'
import { blocksOf, brokePromise, groupByContract, type ContractGroup } from './ranking.js'
import { hasFigures, tableColumns, type TableColumn } from './tableColumns.js'
import { wrap } from './wrap.js'

export const TABLE_WIDTH = 120

const GAP = '  '
const ROW_INDENT = ' '.repeat(4)
const NOTE_INDENT = ' '.repeat(6)
/** However long the figures get. */
const LEAST_LABEL_WIDTH = 4

const FOOTER = `low..high encloses the true median with 95 % coverage or more (5 repetitions: 93.75 %, 3: 75 %, fewer: none).
vs immediate: above 1 is faster. Rows are ranked within one contract only. -: unknown.`

const FAULT_FOOTER =
  'fault: disturbed on purpose; compare and rank within the block only, never with a block of another fault.'

export interface TableOptions {
  /** See colour.ts. */
  readonly colour: boolean
}

/** @returns lines of at most TABLE_WIDTH characters */
export function renderTable(rows: readonly SummaryRow[], options: TableOptions): string {
  if (rows.length === 0) return 'Nothing was measured.\n'
  const footer = rows.some((row) => row.fault !== '') ? `${FOOTER}\n${FAULT_FOOTER}\n` : `${FOOTER}\n`
  return [...blocksOf(rows).map((block) => renderBlock(block, options)), footer].join('\n')
}

function renderBlock(block: readonly SummaryRow[], options: TableOptions): string {
  const columns = tableColumns(block)
  const widths = columns.map((column) =>
    Math.max(...[...column.heading, ...block.map((row) => column.text(row))].map((text) => text.length)),
  )
  const figuresWidth = widths.reduce((total, width) => total + GAP.length + width, 0)
  const labelWidth = Math.max(
    LEAST_LABEL_WIDTH,
    Math.min(
      TABLE_WIDTH - ROW_INDENT.length - figuresWidth,
      Math.max('strategy'.length, ...block.map((row) => label(row).length)),
    ),
  )
  const figures = (texts: readonly string[]) =>
    texts.map((text, index) => GAP + text.padStart(widths[index])).join('')
  const measured = block.filter(hasFigures)
  const shared = measured.flatMap(marks).filter((mark) => measured.every((row) => marks(row).includes(mark)))

  const lines = blockTitle(block[0], [...new Set(shared)])
  lines.push(
    ROW_INDENT +
      'strategy'.slice(0, labelWidth).padEnd(labelWidth) +
      figures(columns.map((column) => column.heading[0])),
  )
  lines.push(ROW_INDENT + ' '.repeat(labelWidth) + figures(columns.map((column) => column.heading[1])))
  for (const group of groupByContract(block)) {
    lines.push(`${GAP}${groupTitle(group)}`)
    for (const row of group.rows) lines.push(...renderRow(row, columns, labelWidth, figures, shared, options))
  }
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`
}

function renderRow(
  row: SummaryRow,
  columns: readonly TableColumn[],
  labelWidth: number,
  figures: (texts: readonly string[]) => string,
  shared: readonly string[],
  options: TableOptions,
): string[] {
  const labels = wrap(label(row), labelWidth)
  const right = hasFigures(row)
    ? [figures(columns.map((column) => column.text(row)))]
    : wrap(whyEmpty(row), TABLE_WIDTH - ROW_INDENT.length - labelWidth - GAP.length).map(
        (line) => GAP + (row.failed_repetitions > 0 ? alarm(line, options.colour) : line),
      )
  const lines = Array.from(
    { length: Math.max(labels.length, right.length) },
    (_, index) => ROW_INDENT + (labels[index] ?? '').padEnd(labelWidth) + (right[index] ?? ''),
  )
  return [...lines, ...notes(row, shared, options)]
}

/** Below the row, a line of their own each: a figure among others is overlooked. */
function notes(row: SummaryRow, shared: readonly string[], options: TableOptions): string[] {
  const lines: string[] = []
  if (brokePromise(row)) lines.push(alarm(`VIOLATIONS ${row.violations}`, options.colour))
  else if ((row.violations ?? 0) > 0)
    lines.push(`violations ${row.violations} (contract none promises nothing)`)
  if (row.failed_repetitions > 0 && hasFigures(row)) {
    lines.push(alarm(`FAILED ${repetitions(row.failed_repetitions)}; samples.csv says why`, options.colour))
  }
  const own = marks(row).filter((mark) => !shared.includes(mark))
  if (own.length > 0 && hasFigures(row)) lines.push(own.join(', '))
  return lines.map((line) => NOTE_INDENT + line)
}

function blockTitle(row: SummaryRow, shared: readonly string[]): string[] {
  const parts = [
    row.engine,
    `${row.workload} ${workloadParams(row.params)}`.trim(),
    `${row.cpus} ${row.cpus === 1 ? 'CPU' : 'CPUs'}`,
    `profile ${row.profile}`,
    `seed ${row.seed}`,
    ...(row.fault === '' ? [] : [`fault ${row.fault}`]),
    ...shared,
  ]
  return wrap(parts.join(' | '), TABLE_WIDTH)
}

function groupTitle(group: ContractGroup): string {
  if (group.contract === 'none') return 'contract none (unsafe references, not ranked)'
  return `contract ${group.contract === '' ? 'unknown' : group.contract}`
}

function label(row: SummaryRow): string {
  return `${row.strategy} ${strategyParams(row.params)}`.trim()
}

/** What makes the figures of a row less comparable than they look. */
function marks(row: SummaryRow): string[] {
  return [
    ...(row.oversubscribed === true ? ['oversubscribed'] : []),
    ...(row.extrapolated ? ['extrapolated'] : []),
  ]
}

function whyEmpty(row: SummaryRow): string {
  if (row.failed_repetitions > 0)
    return `FAILED: ${repetitions(row.failed_repetitions)}; samples.csv says why`
  return row.skipped === '' ? 'not measured' : `skipped: ${row.skipped}`
}

function repetitions(amount: number): string {
  return `${amount} ${amount === 1 ? 'repetition' : 'repetitions'}`
}

/**
 * JSON for github-action-benchmark with `tool: customSmallerIsBetter`: an array of objects with name, unit and value,
 * and texts `range` and `extra` that it shows (https://github.com/benchmark-action/github-action-benchmark).
 */
import type { SummaryRow } from '../../records/summaryColumns.js'
import { figuresOf, seriesName, type Figure } from './figures.js'

interface Entry {
  readonly name: string
  readonly unit: string
  readonly value: number
  readonly range?: string
  readonly extra: string
}

export function githubActionBenchmark(rows: readonly SummaryRow[]): string {
  const entries = rows.flatMap((row) => figuresOf(row).map((figure) => entryOf(row, figure)))
  return `${JSON.stringify(entries, null, 2)}\n`
}

function entryOf(row: SummaryRow, { metric, unit, value }: Figure): Entry {
  const { ns_per_op_low: low, ns_per_op_high: high } = row
  const hasRange = metric === 'ns_per_op' && low !== null && high !== null
  return {
    name: `${seriesName(row)} ${metric}`,
    unit,
    value,
    // Both ends, because they are not equally far from the median. Only a text for the action.
    ...(hasRange ? { range: `${low}..${high}` } : {}),
    extra: [
      `contract ${row.contract}`,
      `repetitions ${row.repetitions}`,
      ...(row.oversubscribed === true ? ['oversubscribed'] : []),
      ...(row.extrapolated ? ['extrapolated'] : []),
      `tape ${row.tape_hash}`,
      `run ${row.run_id}`,
    ].join('\n'),
  }
}

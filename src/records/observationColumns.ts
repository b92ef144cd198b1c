/** What a wall-clock gate has measured: one row for each process, written as it ends. */
import { type Column, type Row, integer, measure, text } from './columns.js'

/** Log-ratios are negative where it was faster. */
function logRatio<const N extends string>(name: N, description: string) {
  return { ...measure(name, 'ln ratio', description), minimum: null, nullable: false } as const
}

export const OBSERVATION_COLUMNS = [
  integer('schema_version', null, 1, 'Version of the meaning of these columns.'),
  text('run', 'Names the gate run within the file.'),
  text('cell', 'What was measured.'),
  text('batch', '`first`, or `second` for the one that confirms.', ['first', 'second']),
  integer('rounds', 'rounds', 1, 'Rounds of this process; in each every build has one pass.'),
  measure('base_ns', 'ns', 'Median over the rounds of what one operation takes in the base.'),
  measure('head_ns', 'ns', 'The same of head.'),
  logRatio('slower', 'Median over the rounds of ln(head / base): above 0 is slower.'),
  logRatio('control', 'Median over the rounds of ln(again / head), where again is a second build of head.'),
] as const satisfies readonly Column[]

export type ObservationRow = Row<typeof OBSERVATION_COLUMNS>

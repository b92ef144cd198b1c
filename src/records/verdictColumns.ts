/** The columns of the gate's verdict.csv, one list for each tier. */
import { integer, measure, optionalText, text, counter, type Column, type Row } from './columns.js'

const OUTCOMES = ['pass', 'regression', 'inconclusive', 'outdated', 'violation']
const KINDS = ['worse', 'tolerated', 'better', 'missing', 'new', 'not comparable']
const CELL_OUTCOMES = ['pass', 'regression', 'inconclusive']

const HEAD_COLUMNS = [
  integer('schema_version', null, 1, 'As in samples.csv.'),
  text('tier', '`exact` compares with the committed baseline, `wall-clock` with a build of another commit.', [
    'exact',
    'wall-clock',
  ]),
  text('verdict', 'Outcome of the whole gate run, in every row.', OUTCOMES),
  text('verdict_reason', 'Its reason, one sentence.'),
] as const satisfies readonly Column[]

export const EXACT_VERDICT_COLUMNS = [
  ...HEAD_COLUMNS,
  optionalText('kind', 'What the difference means. Empty: there is none, and this is the only row.', KINDS),
  optionalText('cell', 'Engine, strategy, workload, CPUs, and parameters that are not all defaults.'),
  optionalText(
    'oracle',
    'The verified repetition (`full`) or the timed one (`local`). Empty: the whole cell is meant.',
    ['full', 'local'],
  ),
  optionalText('metric', 'Column of the baseline. Empty: the whole cell is meant.'),
  optionalText('before', 'Figure or hash of the baseline, all digits. Empty: unknown.'),
  optionalText('after', 'Figure or hash of this tree, all digits. Empty: unknown.'),
  measure('ratio', 'ratio', '`after` divided by `before`. Empty: that is no number.'),
] as const satisfies readonly Column[]

export const WALL_CLOCK_VERDICT_COLUMNS = [
  ...HEAD_COLUMNS,
  optionalText(
    'cell',
    'Engine, strategy, workload, CPUs, and parameters that are not all defaults. Empty: no cell was judged, and this is the only row.',
  ),
  optionalText('outcome', 'Outcome of the cell.', CELL_OUTCOMES),
  optionalText('reason', 'Why, in a few words.'),
  measure('base_ns', 'ns/op', 'What one operation takes in the base: median over the processes.'),
  measure('head_ns', 'ns/op', 'The same in the head.'),
  ...comparisonColumns('', 'Head against base, above 1 is slower', 'one-sided (slower)'),
  ...comparisonColumns('control_', 'Head against a second build of head, in the same processes', 'two-sided'),
  ...comparisonColumns(
    'confirmation_',
    'Head against base, in a second, independent batch (empty: there was none)',
    'one-sided (slower)',
  ),
  measure(
    'detectable_ratio',
    'ratio',
    'Slowdown that would be found in 95 of 100 gate runs as noisy as this one; 1.05 is 5 %. Empty: none below ' +
      'the limit of the search.',
  ),
  measure('target_ratio', 'ratio', 'Slowdown that is looked for; above half of it counts as one.'),
] as const satisfies readonly Column[]

function comparisonColumns<const Prefix extends string>(prefix: Prefix, what: string, sides: string) {
  return [
    measure(`${prefix}ratio`, 'ratio', `${what}: Hodges-Lehmann estimate over the processes.`),
    measure(`${prefix}ratio_low`, 'ratio', `Lower end of the two-sided interval for ${prefix}ratio.`),
    measure(`${prefix}ratio_high`, 'ratio', `Upper end of that interval.`),
    measure(`${prefix}coverage`, 'probability', `Coverage of that interval.`),
    counter(`${prefix}processes`, 'processes', 'Fresh processes, each one observation.'),
    measure(`${prefix}p`, 'probability', `Signed-rank test over the processes, ${sides}.`),
    measure(`${prefix}p_adjusted`, 'probability', `${prefix}p adjusted for all cells (Holm).`),
  ] as const
}

export type ExactVerdictRow = Row<typeof EXACT_VERDICT_COLUMNS>
export type WallClockVerdictRow = Row<typeof WALL_CLOCK_VERDICT_COLUMNS>

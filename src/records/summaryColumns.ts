/**
 * The columns of summary.csv: one row for each cell, derived from samples.csv (src/report/summary.ts).
 * A *timed* repetition has `oracle` = `local` and no failure.
 */
import {
  counter,
  flag,
  integer,
  measure,
  optionalFlag,
  optionalText,
  type Column,
  type Row,
} from './columns.js'
import { faultColumn, KEY_COLUMNS } from './keyColumns.js'

export const SUMMARY_COLUMNS = [
  ...KEY_COLUMNS,
  integer(
    'repetitions',
    'repetitions',
    0,
    'Timed repetitions: `oracle` is `local` and it did not fail. The figures of time come from ' +
      'these only.',
  ),
  counter('ops', 'ops', 'Timed operations, summed over the timed repetitions.'),
  measure('ns_per_op', 'ns/op', 'Median over the timed repetitions of `op_total_ns / ops`.'),
  measure(
    'ns_per_op_low',
    'ns/op',
    'Lower end of the interval for the median: an order statistic, at least 95 % coverage ' +
      '(75 % with 3 repetitions, 87.5 % with 4, 93.75 % with 5). Empty below 3 repetitions.',
  ),
  measure('ns_per_op_high', 'ns/op', 'Upper end of that interval.'),
  measure('op_p50_ns', 'ns', 'Median over the timed repetitions of their op_p50_ns.'),
  measure('op_p99_ns', 'ns', 'Median over the timed repetitions of their op_p99_ns.'),
  measure('op_max_ns', 'ns', 'Longest operation of all timed repetitions.'),
  measure(
    'ipis_per_op',
    'interrupts/op',
    'Interrupts sent, divided by operations: totals of the timed repetitions.',
  ),
  measure('flush_rounds_per_op', 'rounds/op', 'Flush rounds divided by operations, likewise.'),
  measure('pages_invalidated_per_op', 'pages/op', 'Pages invalidated divided by operations, likewise.'),
  measure('full_flushes_per_op', 'flushes/op', 'Full flushes divided by operations, likewise.'),
  measure('tlb_misses_per_op', 'misses/op', 'TLB misses divided by operations, likewise.'),
  measure('responder_ns_per_op', 'ns/op', 'Time in interrupt handlers divided by operations, likewise.'),
  measure(
    'innocent_slowdown',
    'ratio',
    'Median over the timed repetitions. 1: the innocents did not notice; 2: they ran at half ' +
      'their rate.',
  ),
  counter(
    'held_frames_peak',
    'frames',
    'Largest of the timed repetitions; of the verified ones where no timed repetition knows it.',
  ),
  measure(
    'exposure_p99_ns',
    'ns',
    'Median over the timed repetitions; over the verified ones where no timed repetition knows it.',
  ),
  measure(
    'exposure_max_ns',
    'ns',
    'Largest of the timed repetitions; of the verified ones where no timed repetition knows it.',
  ),
  counter(
    'violations',
    'violations',
    'Summed over all repetitions, the verified and the failed ones included.',
  ),
  optionalFlag('oversubscribed', 'Any repetition was: more CPUs than the machine has cores.'),
  measure(
    'vs_immediate',
    'ratio',
    'ns_per_op of `immediate` with default parameters on the same work, divided by the ns_per_op ' +
      'of this cell. Above 1 is faster. Empty: it did not run.',
  ),
  measure('vs_linux', 'ratio', 'The same against `linux`.'),
  optionalText('skipped', 'Why the cell was not run. Empty: it was not skipped.'),
  flag('extrapolated', 'More CPUs than the profile describes: sockets of the same size were added.'),
  integer('failed_repetitions', 'repetitions', 0, 'Repetitions that failed; samples.csv says why.'),
  faultColumn(),
  measure('exposure_p50_ns', 'ns', 'As exposure_p99_ns.'),
  counter('exposures_open', 'operations', 'As held_frames_peak.'),
  measure('stale_p50_ns', 'ns', 'As exposure_p99_ns.'),
  measure('stale_p99_ns', 'ns', 'As exposure_p99_ns.'),
  measure('stale_max_ns', 'ns', 'As exposure_max_ns.'),
  counter('stale_open', 'changes', 'As held_frames_peak.'),
] as const satisfies readonly Column[]

export type SummaryRow = Row<typeof SUMMARY_COLUMNS>

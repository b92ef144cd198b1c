/** The columns of samples.csv: one row for each repetition, the failed ones included. */
import {
  counter,
  flag,
  integer,
  measure,
  optionalFlag,
  optionalText,
  text,
  type Column,
  type Row,
} from './columns.js'
import { faultColumn, KEY_COLUMNS } from './keyColumns.js'

export const SAMPLE_COLUMNS = [
  ...KEY_COLUMNS,
  integer('repetition', null, 0, 'Number of the repetition; 0 is the verified one.'),
  text(
    'oracle',
    '`full`: every check, outside timing statistics. `local`: only the checks that touch no ' +
      'shared line.',
    ['full', 'local'],
  ),
  counter('ops', 'ops', 'Timed operations of all initiators.'),
  measure(
    'elapsed_ns',
    'ns',
    'From the common start to the end of the last initiator, with pauses and compute between ' +
      'operations.',
  ),
  measure('op_p50_ns', 'ns', 'Median latency of an operation.'),
  measure('op_p99_ns', 'ns', '99th percentile of the latency of an operation.'),
  measure('op_max_ns', 'ns', 'Longest operation.'),
  counter(
    'ipis',
    'interrupts',
    'Interrupts sent, one for each target. Sends to a CPU with one pending count, and are taken as one.',
  ),
  counter('flush_rounds', 'rounds', 'Decisions to reach other CPUs.'),
  counter(
    'pages_invalidated',
    'pages',
    'Invalidations of single pages issued, on all CPUs. A full flush adds nothing here.',
  ),
  counter('full_flushes', 'flushes', 'Whole-TLB or whole-space flushes, on all CPUs.'),
  counter('tlb_misses', 'misses', 'Walks after a TLB miss, on all CPUs.'),
  measure('responder_ns', 'ns', 'Time in interrupt handlers, summed over CPUs.'),
  measure(
    'innocent_slowdown',
    'ratio',
    'Access rate of the innocent CPUs alone, divided by their rate in the run. Empty: there are none.',
  ),
  counter('held_frames_peak', 'frames', 'Most frames held back at one time because a flush was outstanding.'),
  measure(
    'exposure_p99_ns',
    'ns',
    '99th percentile of the exposures: the time from the first change of an operation until the strategy ' +
      'claimed that no CPU could use an old entry of it any more. An upper bound of what it truly was.',
  ),
  measure('exposure_max_ns', 'ns', 'The longest exposure.'),
  counter(
    'violations',
    'violations',
    'Stale entries that could be used after they must not be. A `local` row counts what the local ' +
      'checks saw.',
  ),
  optionalFlag('oversubscribed', 'More CPUs than the machine has cores: times include waiting for a core.'),
  measure(
    'op_total_ns',
    'ns',
    'Sum of the latencies of the operations of all initiators; `op_total_ns / ops` is the ' +
      'ns_per_op of the repetition.',
  ),
  flag('extrapolated', 'More CPUs than the profile describes: sockets of the same size were added.'),
  optionalText(
    'pass_ns',
    'Durations of the measured passes in nanoseconds, in the order of time, joined by `;`. ' +
      'Empty: passes are not timed (`sim`).',
  ),
  optionalText('failure', 'Why the repetition failed; its figures are empty then. Empty: it did not fail.'),
  faultColumn(),
  measure('exposure_p50_ns', 'ns', 'Median of the exposures.'),
  counter(
    'exposures_open',
    'operations',
    'Operations with changes that were not claimed at the end of the run: they are not among the exposures, ' +
      'and had lasted for longer than some that are.',
  ),
  measure(
    'stale_p50_ns',
    'ns',
    'Median over the changes of the time until no TLB had the old translation any more, claimed or not; 0 where ' +
      'none had it. Looked at when a CPU flushes. Known in the verified repetition of `sim` only.',
  ),
  measure('stale_p99_ns', 'ns', '99th percentile of the same.'),
  measure('stale_max_ns', 'ns', 'Longest of the same.'),
  counter('stale_open', 'changes', 'Changes whose old translation is in a TLB at the end; not among these.'),
] as const satisfies readonly Column[]

export type SampleRow = Row<typeof SAMPLE_COLUMNS>

/** What each strategy pays elsewhere: what the initiator saves, somebody else waits for, refills or holds. */
import type { SummaryRow } from '../../records/summaryColumns.js'
import { blocksOf, brokePromise, groupByContract } from '../ranking.js'
import { strategyName, workloadName } from './best.js'
import type { View } from './view.js'

const COLUMNS = [
  'engine',
  'workload',
  'cpus',
  'contract',
  'strategy',
  'ns_per_op',
  'responder_ns_per_op',
  'tlb_misses_per_op',
  'innocent_slowdown',
  'held_frames_peak',
  'exposure_p99_ns',
  'stale_p99_ns',
]

export function costsView(rows: readonly SummaryRow[]): View {
  const shown = blocksOf(rows)
    .flatMap(groupByContract)
    .flatMap((group) => group.rows)
    .filter((row) => row.ns_per_op !== null)
  const broken = shown.filter(brokePromise).length
  return {
    columns: COLUMNS,
    rows: shown.map((row) => [
      row.engine,
      workloadName(row),
      row.cpus,
      row.contract,
      strategyName(row),
      row.ns_per_op,
      row.responder_ns_per_op,
      row.tlb_misses_per_op,
      row.innocent_slowdown,
      row.held_frames_peak,
      row.exposure_p99_ns,
      row.stale_p99_ns,
    ]),
    notes: [
      'responder: time in interrupt handlers on all CPUs. misses: of all CPUs. exposure: until no CPU can use the entry. stale: until none has',
      'it. Fastest first within a contract.',
      ...(broken > 0
        ? [`${broken} of these broke the promise of the strategy: their figures prove nothing.`]
        : []),
    ],
  }
}

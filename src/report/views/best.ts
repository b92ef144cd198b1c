/** Per workload the best strategy of each contract, and by how much. */
import { strategyParams, workloadParams } from '../../records/params.js'
import type { SummaryRow } from '../../records/summaryColumns.js'
import type { View, ViewValue } from './view.js'
import { type Winner, winnersOf } from './winners.js'

const COLUMNS = [
  'engine',
  'workload',
  'cpus',
  'contract',
  'best',
  'ns_per_op',
  'second',
  'second_ratio',
  'decided',
  'vs_immediate',
  'vs_linux',
]

export function bestView(rows: readonly SummaryRow[]): View {
  return {
    columns: COLUMNS,
    rows: winnersOf(rows).map(rowOf),
    notes: [
      'second_ratio: time of the second over that of the best. decided: on real threads, their intervals do not meet (-: too few',
      'repetitions). vs_immediate, vs_linux: above 1 is faster. Contract none is not ranked.',
    ],
  }
}

function rowOf({ best, second, isDecided }: Winner): ViewValue[] {
  return [
    best.engine,
    workloadName(best),
    best.cpus,
    best.contract,
    strategyName(best),
    best.ns_per_op,
    second === null ? null : strategyName(second),
    second === null ? null : ratio(second.ns_per_op, best.ns_per_op),
    isDecided,
    best.vs_immediate,
    best.vs_linux,
  ]
}

/** With what differs from the defaults. */
export function workloadName({ workload, params }: SummaryRow): string {
  return `${workload} ${workloadParams(params)}`.trim()
}

export function strategyName({ strategy, params }: SummaryRow): string {
  return `${strategy} ${strategyParams(params)}`.trim()
}

function ratio(a: number | null, b: number | null): number | null {
  return a === null || b === null || b === 0 ? null : a / b
}

/** What of a summary goes to programs that watch figures over time. All of it is better when smaller. */
import { strategyParams, workloadParams } from '../../records/params.js'
import { SUMMARY_COLUMNS, type SummaryRow } from '../../records/summaryColumns.js'
import { brokePromise } from '../ranking.js'

/** Exact for a seed, in virtual time; on real threads they depend on who met whom. */
const COUNTERS = [
  'ipis_per_op',
  'flush_rounds_per_op',
  'pages_invalidated_per_op',
  'full_flushes_per_op',
  'tlb_misses_per_op',
] as const

export interface Figure {
  readonly metric: 'ns_per_op' | (typeof COUNTERS)[number]
  readonly unit: string
  readonly value: number
}

/** Known figures only. None of a cell that broke its promise: what was gained by that is no speed. */
export function figuresOf(row: SummaryRow): Figure[] {
  if (brokePromise(row)) return []
  const metrics = ['ns_per_op', ...(row.engine === 'sim' ? COUNTERS : [])] as const
  return metrics.flatMap((metric) => {
    const value = row[metric]
    return value === null ? [] : [{ metric, unit: unitOf(metric), value }]
  })
}

/** The whole key of a cell: what another seed or profile has measured is another series. */
export function seriesName(row: SummaryRow): string {
  return [
    row.engine,
    withParams(row.strategy, strategyParams(row.params)),
    withParams(row.workload, workloadParams(row.params)),
    `cpus=${row.cpus}`,
    `profile=${row.profile}`,
    `seed=${row.seed}`,
    ...(row.fault === '' ? [] : [`fault=${row.fault}`]),
  ].join('/')
}

function withParams(name: string, params: string): string {
  return params === '' ? name : `${name}:${params}`
}

function unitOf(metric: Figure['metric']): string {
  return SUMMARY_COLUMNS.find((column) => column.name === metric)?.unit ?? ''
}

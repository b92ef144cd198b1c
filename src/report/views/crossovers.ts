/** Where the winner changes: along the number of CPUs, and along every parameter of a workload that was varied. */
import { workloadParams } from '../../records/params.js'
import type { SummaryRow } from '../../records/summaryColumns.js'
import { strategyName } from './best.js'
import type { View, ViewValue } from './view.js'
import { type Winner, winnersOf } from './winners.js'

const COLUMNS = [
  'engine',
  'workload',
  'elsewhere',
  'contract',
  'axis',
  'up_to',
  'best_there',
  'from',
  'best_then',
  'decided',
]

const CPUS = 'cpus'

/** The default of a workload's parameter; null where it is not known. */
export type DefaultOf = (workload: string, parameter: string) => number | null

/** A winner with its place on one axis. */
interface Point {
  readonly winner: Winner
  readonly value: number
}

/**
 * Rows do not say what a parameter is by default, so that is asked for. A winner whose place on an axis is not known
 * has no part in it.
 */
export function crossoversView(rows: readonly SummaryRow[], defaultOf: DefaultOf): View {
  const winners = winnersOf(rows)
  const axes = [CPUS, ...new Set(winners.flatMap(({ best }) => [...parametersOf(best).keys()]))]
  const series = axes.flatMap((axis) =>
    [...seriesAlong(winners, axis, defaultOf)].map((points) => ({ axis, points })),
  )
  const varied = series.filter(({ points }) => points.length > 1)
  return {
    columns: COLUMNS,
    rows: varied.flatMap(({ axis, points }) => changesAlong(axis, points)),
    notes:
      varied.length === 0
        ? [
            'Nothing was varied: crossovers need several --cpus, or a workload with several values of a parameter.',
          ]
        : [
            `${varied.length} series of two values and more. decided: at both ends the winner is faster beyond the noise (-: too few`,
            'repetitions). elsewhere: what else differs from the defaults. The change lies between up_to and from; nothing was measured there.',
          ],
  }
}

function* seriesAlong(winners: readonly Winner[], axis: string, defaultOf: DefaultOf): Iterable<Point[]> {
  const series = new Map<string, Point[]>()
  for (const winner of winners) {
    const { best } = winner
    const value = axis === CPUS ? best.cpus : (parametersOf(best).get(axis) ?? defaultOf(best.workload, axis))
    if (value === null) continue
    const cpus = axis === CPUS ? null : best.cpus
    const { engine, contract, workload, profile, seed, fault } = best
    const key = JSON.stringify([
      engine,
      contract,
      workload,
      elsewhere(best, axis),
      cpus,
      profile,
      seed,
      fault,
    ])
    series.set(key, [...(series.get(key) ?? []), { winner, value }])
  }
  for (const points of series.values()) yield points.toSorted((a, b) => a.value - b.value)
}

function changesAlong(axis: string, points: readonly Point[]): ViewValue[][] {
  return points.slice(1).flatMap((point, at) => {
    const [before, then] = [points[at], point]
    const [there, here] = [before.winner.best, then.winner.best]
    if (strategyName(there) === strategyName(here)) return []
    const cpus = axis === CPUS ? '' : `cpus=${here.cpus}`
    return [
      [
        here.engine,
        here.workload,
        [cpus, elsewhere(here, axis)].filter(Boolean).join(';'),
        here.contract,
        axis,
        before.value,
        strategyName(there),
        then.value,
        strategyName(here),
        bothDecided(before.winner, then.winner),
      ],
    ]
  })
}

function bothDecided(a: Winner, b: Winner): boolean | null {
  if (a.isDecided === false || b.isDecided === false) return false
  return a.isDecided === null || b.isDecided === null ? null : true
}

function parametersOf({ params }: SummaryRow): Map<string, number> {
  const texts = workloadParams(params).split(';').filter(Boolean)
  return new Map(
    texts.map((text) => [text.slice(0, text.indexOf('=')), Number(text.slice(text.indexOf('=') + 1))]),
  )
}

/** The workload's other parameters, as `params` shows them. */
function elsewhere(row: SummaryRow, axis: string): string {
  return [...parametersOf(row)]
    .filter(([name]) => name !== axis)
    .map(([name, value]) => `${name}=${value}`)
    .join(';')
}

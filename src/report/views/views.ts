import { UsageError } from '../../contract/usageError.js'
import type { SummaryRow } from '../../records/summaryColumns.js'
import { FORMATS, type ReportFormat } from '../formats.js'
import { bestView } from './best.js'
import { costsView } from './costs.js'
import { crossoversView, type DefaultOf } from './crossovers.js'
import type { View } from './view.js'

export const VIEWS = ['best', 'crossovers', 'costs'] as const
export type ViewName = (typeof VIEWS)[number]

export function parseView(text: string): ViewName {
  const view = VIEWS.find((name) => name === text)
  if (view === undefined)
    throw new UsageError(`--view ${text}`, 'there is no such view', VIEWS, 'leave it out for all cells')
  return view
}

export function refuseExport(view: ViewName, format: ReportFormat): void {
  if ((FORMATS as readonly string[]).includes(format)) return
  const reason = 'exports have all cells, and other programs their own views'
  throw new UsageError(`--view ${view} with --format ${format}`, reason, FORMATS, 'leave one of the two out')
}

/** Looks up what rows do not say: report knows no workloads. */
export type DefaultsOf = (workloads: readonly string[]) => Promise<DefaultOf>

export async function viewOf(
  view: ViewName,
  rows: readonly SummaryRow[],
  defaultsOf: DefaultsOf,
): Promise<View> {
  if (view === 'best') return bestView(rows)
  if (view === 'costs') return costsView(rows)
  return crossoversView(rows, await defaultsOf([...new Set(rows.map((row) => row.workload))]))
}

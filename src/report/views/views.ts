import { UsageError } from '../../contract/usageError.js'
import { loadWorkload } from '../../harness/loadModule.js'
import type { SummaryRow } from '../../records/summaryColumns.js'
import { moduleNames } from '../../registry.js'
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

export async function viewOf(view: ViewName, rows: readonly SummaryRow[]): Promise<View> {
  if (view === 'best') return bestView(rows)
  return view === 'costs' ? costsView(rows) : crossoversView(rows, await defaultsOf(rows))
}

/** Of the program's own workloads; a run may name a file that is gone. */
async function defaultsOf(rows: readonly SummaryRow[]): Promise<DefaultOf> {
  const own = new Set(moduleNames('workload'))
  const names = [...new Set(rows.map((row) => row.workload))].filter((name) => own.has(name))
  const loaded = await Promise.all(names.map(loadWorkload))
  const specs = new Map(loaded.map(({ name, module }) => [name, module.parameters]))
  return (workload, parameter) => {
    if (parameter === 'initiators') return 1
    return specs.get(workload)?.[parameter]?.default ?? null
  }
}

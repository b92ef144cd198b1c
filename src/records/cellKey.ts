/** What makes two rows belong together. */
import { workloadParams } from './params.js'
import type { SampleRow } from './sampleColumns.js'

/** The columns that identify a cell, strategy included. */
export type CellKey = Pick<
  SampleRow,
  'engine' | 'strategy' | 'workload' | 'params' | 'cpus' | 'profile' | 'seed' | 'fault'
>

/** A cell of the plan: what a row of summary.csv says before anything was measured. */
export type PlannedCell = CellKey &
  Pick<SampleRow, 'run_id' | 'contract' | 'tape_hash' | 'extrapolated'> & {
    /** Why the cell is not run; empty where it is. */
    readonly skipped: string
  }

export function cellKey(cell: CellKey): string {
  return JSON.stringify([
    cell.engine,
    cell.strategy,
    cell.workload,
    cell.params,
    cell.cpus,
    cell.profile,
    cell.seed,
    cell.fault,
  ])
}

/** Equal for cells that do the same work on the same machine: the key without the strategy and its parameters. */
export function workKey(cell: CellKey): string {
  return JSON.stringify([
    cell.engine,
    cell.workload,
    workloadParams(cell.params),
    cell.cpus,
    cell.profile,
    cell.seed,
    cell.fault,
  ])
}

/** The cells of these samples in the order of their first appearance: for where the plan is not at hand. */
export function cellsOf(samples: readonly SampleRow[]): PlannedCell[] {
  const cells = new Map<string, PlannedCell>()
  for (const sample of samples) {
    const key = cellKey(sample)
    if (!cells.has(key)) cells.set(key, { ...sample, skipped: '' })
  }
  return [...cells.values()]
}

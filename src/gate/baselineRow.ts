/** A row of `results/baseline/sim-*.csv`: what a repetition in virtual time says on every machine and on every day. */
import { cellName } from '../harness/cells.js'
import { text, type Row } from '../records/columns.js'
import { SAMPLE_COLUMNS, type SampleRow } from '../records/sampleColumns.js'
import type { CellName } from './verdict.js'

/** Of samples.csv, but not here: of the run and its machine, or the same in every row or for every cell of that kind. */
const LEFT_OUT = [
  'run_id',
  'repetition',
  'oversubscribed',
  'extrapolated',
  'pass_ns',
  'failure',
  'fault',
] as const
type LeftOut = (typeof LEFT_OUT)[number]
type Kept = Exclude<(typeof SAMPLE_COLUMNS)[number], { name: LeftOut }>

const PROFILE_HASH = text('profile_hash', 'Hash of all values of the profile.')

/** In the order of the file; the first is schema_version. */
export const BASELINE_COLUMNS: readonly (Kept | typeof PROFILE_HASH)[] = [
  ...SAMPLE_COLUMNS.filter(isKept),
  PROFILE_HASH,
]

export type BaselineRow = Row<typeof BASELINE_COLUMNS>

/** Columns that say what was done. Figures of cells that differ in one of them are not figures of the same work. */
export const IDENTITY = [
  'params',
  'contract',
  'profile',
  'profile_hash',
  'seed',
  'tape_hash',
] as const satisfies readonly (keyof BaselineRow)[]

/** The work and no figure. */
export const WORK_DONE = 'ops'
/** Figures of one repetition. */
export type Metric = Exclude<
  Extract<Kept, { type: 'integer' | 'number'; nullable: true }>['name'],
  typeof WORK_DONE
>

/**
 * Every figure is a cost: less is better. Found by their type, so that a column added to samples.csv is compared
 * without being listed here; one of which more is better would need a direction of its own.
 */
export const METRICS: readonly Metric[] = BASELINE_COLUMNS.filter(
  (column) => column.nullable && (column.type === 'integer' || column.type === 'number'),
)
  .map((column) => column.name)
  .filter((name) => name !== WORK_DONE)

export function baselineRow(sample: SampleRow, profileHash: string): BaselineRow {
  const entries = Object.entries(sample).filter(([name]) => !(LEFT_OUT as readonly string[]).includes(name))
  return { ...Object.fromEntries(entries), profile_hash: profileHash } as BaselineRow
}

/** `engine/strategy/workload/cpus`: what `--cells` matches. */
export function plainNameOf(row: BaselineRow): string {
  const { engine, strategy, workload, cpus } = row
  return cellName({ engine, strategy: { name: strategy }, workload: { name: workload }, cpus })
}

export function nameOf(row: BaselineRow): CellName {
  return `${plainNameOf(row)} ${row.params}`.trimEnd()
}

function isKept(column: (typeof SAMPLE_COLUMNS)[number]): column is Kept {
  return !(LEFT_OUT as readonly string[]).includes(column.name)
}

/**
 * Samples to summary: pure, so that summary.csv can be computed again from samples.csv at any time.
 * What each figure means stands in records/summaryColumns.ts. Here and not in records, because it
 * needs stats, which is records' neighbour on the lowest floor.
 */
import { UsageError } from '../contract/usageError.js'
import { medianInterval } from '../stats/medianInterval.js'
import { median } from '../stats/quantile.js'
import { cellKey, cellsOf, type PlannedCell } from '../records/cellKey.js'
import { SCHEMA_VERSION } from '../records/columns.js'
import { withComparisons } from './comparison.js'
import type { SampleRow } from '../records/sampleColumns.js'
import type { SummaryRow } from '../records/summaryColumns.js'

/** The columns of samples.csv that hold figures. */
type FigureName = {
  [K in keyof SampleRow]: SampleRow[K] extends number | null ? (null extends SampleRow[K] ? K : never) : never
}[keyof SampleRow]

/**
 * @param samples in any order
 * @param cells the plan, skipped cells included: gives the order of the rows, which the shuffled order of
 *   the samples must not. Cells that only the samples have follow at the end: what was measured is not lost.
 */
export function summarize(samples: readonly SampleRow[], cells: readonly PlannedCell[] = []): SummaryRow[] {
  const groups = new Map<string, { cell: PlannedCell; samples: SampleRow[] }>()
  for (const cell of [...cells, ...cellsOf(samples)]) {
    const key = cellKey(cell)
    if (!groups.has(key)) groups.set(key, { cell, samples: [] })
  }
  for (const sample of samples) groups.get(cellKey(sample))!.samples.push(sample)
  return withComparisons([...groups.values()].map((group) => summarizeCell(group.cell, group.samples)))
}

function summarizeCell(cell: PlannedCell, samples: readonly SampleRow[]): SummaryRow {
  const timed = samples.filter((sample) => sample.oracle === 'local' && sample.failure === '')
  const verified = samples.filter((sample) => sample.oracle === 'full' && sample.failure === '')
  const nsPerOp = timed.map(nsPerOpOf).filter((value) => value !== null)
  const interval = medianInterval(nsPerOp)
  const perOp = (name: FigureName) => totalPerOp(timed, name)
  const fallingBack = (name: FigureName) =>
    figures(timed, name).length > 0 ? figures(timed, name) : figures(verified, name)
  return {
    schema_version: SCHEMA_VERSION,
    run_id: runIds(cell, samples),
    engine: cell.engine,
    strategy: cell.strategy,
    contract: cell.contract || firstText(samples, 'contract'),
    workload: cell.workload,
    params: cell.params,
    cpus: cell.cpus,
    profile: cell.profile,
    seed: cell.seed,
    tape_hash: theTape(cell, samples),
    repetitions: timed.length,
    ops: sum(figures(timed, 'ops')),
    ns_per_op: median(nsPerOp),
    ns_per_op_low: interval?.low ?? null,
    ns_per_op_high: interval?.high ?? null,
    op_p50_ns: median(figures(timed, 'op_p50_ns')),
    op_p99_ns: median(figures(timed, 'op_p99_ns')),
    op_max_ns: largest(figures(timed, 'op_max_ns')),
    ipis_per_op: perOp('ipis'),
    flush_rounds_per_op: perOp('flush_rounds'),
    pages_invalidated_per_op: perOp('pages_invalidated'),
    full_flushes_per_op: perOp('full_flushes'),
    tlb_misses_per_op: perOp('tlb_misses'),
    responder_ns_per_op: perOp('responder_ns'),
    innocent_slowdown: median(figures(timed, 'innocent_slowdown')),
    held_frames_peak: largest(fallingBack('held_frames_peak')),
    exposure_p99_ns: median(fallingBack('exposure_p99_ns')),
    exposure_max_ns: largest(fallingBack('exposure_max_ns')),
    // Of the failed ones too: a repetition that a violation stopped is where it was seen.
    violations: sum(figures(samples, 'violations')),
    oversubscribed: any(samples.map((sample) => sample.oversubscribed)),
    vs_immediate: null,
    vs_linux: null,
    skipped: samples.length > 0 ? '' : cell.skipped,
    extrapolated: cell.extrapolated || samples.some((sample) => sample.extrapolated),
    fault: cell.fault,
    exposure_p50_ns: median(fallingBack('exposure_p50_ns')),
    exposures_open: largest(fallingBack('exposures_open')),
    stale_p50_ns: median(fallingBack('stale_p50_ns')),
    stale_p99_ns: median(fallingBack('stale_p99_ns')),
    stale_max_ns: largest(fallingBack('stale_max_ns')),
    stale_open: largest(fallingBack('stale_open')),
    failed_repetitions: samples.filter((sample) => sample.failure !== '').length,
  }
}

function nsPerOpOf(sample: SampleRow): number | null {
  if (sample.op_total_ns === null || sample.ops === null || sample.ops === 0) return null
  return sample.op_total_ns / sample.ops
}

/** Over the samples that know both: an unknown counter is not a zero that lowers the quotient. */
function totalPerOp(samples: readonly SampleRow[], name: FigureName): number | null {
  const knowing = samples.filter((sample) => sample[name] !== null && sample.ops !== null)
  const ops = sum(figures(knowing, 'ops'))
  const total = sum(figures(knowing, name))
  return ops === null || total === null || ops === 0 ? null : total / ops
}

function figures(samples: readonly SampleRow[], name: FigureName): number[] {
  return samples.map((sample) => sample[name]).filter((value) => value !== null)
}

function sum(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((total, value) => total + value, 0)
}

function largest(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((most, value) => Math.max(most, value))
}

function any(values: readonly (boolean | null)[]): boolean | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : known.includes(true)
}

function firstText(samples: readonly SampleRow[], name: 'contract' | 'tape_hash'): string {
  return samples.find((sample) => sample[name] !== '')?.[name] ?? ''
}

/** Several where runs were merged. */
function runIds(cell: PlannedCell, samples: readonly SampleRow[]): string {
  const ids = new Set(samples.map((sample) => sample.run_id))
  return ids.size === 0 ? cell.run_id : [...ids].sort().join('+')
}

/** Repetitions that did different work are not repetitions; their median would mean nothing. */
function theTape(cell: PlannedCell, samples: readonly SampleRow[]): string {
  const hashes = new Set(
    [cell.tape_hash, ...samples.map((sample) => sample.tape_hash)].filter((hash) => hash !== ''),
  )
  if (hashes.size > 1) {
    throw new UsageError(
      `${cell.engine}/${cell.strategy}/${cell.workload}/${cell.cpus} did different work in its repetitions`,
      `its tapes have the hashes ${[...hashes].join(', ')}`,
      [],
      'measure it again, or do not merge these runs',
    )
  }
  return [...hashes][0] ?? ''
}

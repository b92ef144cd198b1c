import { SCHEMA_VERSION } from '../records/columns.js'
import type { ObservationRow } from '../records/observationColumns.js'
import type { BatchName } from './batch.js'
import type { DuelDone } from './duel.js'

/** @param run names the gate run within its file */
export function observationRow(
  run: string,
  cell: string,
  batch: BatchName,
  { rounds, ns, slower, control }: DuelDone,
): ObservationRow {
  return {
    schema_version: SCHEMA_VERSION,
    run,
    cell,
    batch,
    rounds,
    base_ns: toPicoseconds(ns.base),
    head_ns: toPicoseconds(ns.head),
    slower: toMillionth(slower),
    control: toMillionth(control),
  }
}

function toPicoseconds(ns: number): number {
  return Math.round(ns * 1000) / 1000
}

function toMillionth(value: number): number {
  return Math.round(value * 1e6) / 1e6
}

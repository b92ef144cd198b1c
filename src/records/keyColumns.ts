/** The columns that both files begin with: which run, which cell. */
import { CONTRACTS } from '../contract/obligation.js'
import { integer, optionalText, text, type Column } from './columns.js'

export const KEY_COLUMNS = [
  integer(
    'schema_version',
    null,
    1,
    'Version of the columns. A reader refuses versions that it does not know.',
  ),
  text(
    'run_id',
    'The run that measured this, as in run.json; several, joined by `+`, in a cell of merged runs.',
  ),
  text('engine', '`threads` is wall-clock time on real threads, `sim` virtual time from a hardware profile.'),
  text('strategy', 'Flush strategy; a combination is joined by `+`.'),
  optionalText(
    'contract',
    'What the strategy promises. Compare within one contract only. Empty: it failed before it ' +
      'could say.',
    CONTRACTS,
  ),
  text('workload', 'The workload.'),
  optionalText(
    'params',
    'Parameters that differ from their defaults, sorted, as ' +
      '`strategy.ceiling=64;workload.pages=4`. Empty: all are defaults.',
  ),
  integer('cpus', 'CPUs', 1, 'CPUs of the cell.'),
  text('profile', 'Hardware profile.'),
  integer('seed', null, null, 'Seed of the tapes and of the order of the plan.'),
  optionalText(
    'tape_hash',
    'Hash of the tapes of all CPUs. Equal hashes: the same work. Empty: the tape was never made.',
  ),
] as const satisfies readonly Column[]

/** A part of the cell's key as well; at the end of both files, because columns are only added there. */
export function faultColumn() {
  return optionalText(
    'fault',
    'What went wrong on purpose in the measured passes, as `delay-interrupt:maxNs=5000`, several joined by ' +
      '`,`. Never compared with cells of another fault. Empty: nothing.',
  )
}

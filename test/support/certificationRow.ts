import type { CertificationRow } from '../../dist/src/records/certificationColumns.js'

/** A gate run on identical builds that has passed; keys in the order of the columns. */
export const CERTIFIED: CertificationRow = {
  schema_version: 1,
  run: '0-1',
  machine_class: 'one',
  node: 'v20.0.0',
  commit: '1'.repeat(40),
  injected_percent: 0,
  spin: 0,
  budget: 300,
  seed: 1,
  processes: 20,
  outcome: 'pass',
  cell_names: 'a; b',
  cells: 10,
  suspects: 0,
  regressions: 0,
  wrong_regressions: 0,
  calibrated: 'pass',
  detectable_ratio: 1.03,
  elapsed: 300,
  reason: '',
}

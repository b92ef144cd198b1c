import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { randomOf } from '../harness/random.js'
import { readCsv } from '../records/csvReader.js'
import { writeWhole } from '../records/writeFile.js'
import { CERTIFICATION_COLUMNS } from '../records/certificationColumns.js'
import { certificationDocs } from './certificationDocs.js'
import { curveOf } from './curve.js'
import { RULE, rulesOf } from './decide.js'
import type { WallCell } from './duel.js'
import { OBSERVATION_COLUMNS } from '../records/observationColumns.js'

/** Names of the files in the folder of the baseline. */
export const CERTIFICATION_CSV = 'certification.csv'
export const OBSERVATIONS_CSV = 'certification-observations.csv'
/** The same files give the same text. */
const SEED = 1

/** @returns the page; null where there is no gate run yet */
/** @param cells of the matrix, for the targets of their own that some have */
export function certificationPage(baseline: string, cells: readonly WallCell[]): string | null {
  const path = join(baseline, CERTIFICATION_CSV)
  if (!existsSync(path)) return null
  const forgiving = { tolerateTornTail: true }
  const { rows: runs } = readCsv(path, CERTIFICATION_COLUMNS, forgiving)
  const { rows } = readCsv(join(baseline, OBSERVATIONS_CSV), OBSERVATION_COLUMNS, forgiving)
  return runs.length === 0
    ? null
    : certificationDocs(runs, rows, curveOf(runs, rows, rulesOf(cells, RULE), randomOf(SEED, 0)))
}

export function writeCertificationPage(baseline: string, cells: readonly WallCell[], path: string): void {
  const text = certificationPage(baseline, cells)
  if (text !== null) writeWhole(path, text)
}

import { existsSync } from 'node:fs'
import { UsageError } from '../contract/usageError.js'
import { readCsv } from '../records/csvReader.js'
import { CERTIFICATION_COLUMNS, type CertificationRow } from '../records/certificationColumns.js'
import { GateRefusal } from './refusal.js'

/** What must be the same for two gate runs to certify the same thing. */
export type CertifiedKind = Pick<CertificationRow, 'machine_class' | 'node' | 'budget' | 'cell_names'>

const THINGS = {
  machine_class: 'machine class',
  node: 'Node version',
  budget: 'budget',
  cell_names: 'set of cells',
}

/**
 * The runs that are there already, to go on with.
 * @throws GateRefusal where they were made on another machine class, Node version, with another budget, of other cells or schema
 */
export function earlierRuns(path: string, kind: CertifiedKind): CertificationRow[] {
  if (!existsSync(path)) return []
  let rows: CertificationRow[]
  try {
    rows = readCsv(path, CERTIFICATION_COLUMNS, { tolerateTornTail: true }).rows
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    const [what, ...why] = error.message.split('\n')
    throw new GateRefusal(what, why.join('; '), `move it away to begin anew: ${path}`)
  }
  for (const name of ['machine_class', 'node', 'budget', 'cell_names'] as const) {
    const other = rows.find((row) => row[name] !== kind[name])
    if (other === undefined) continue
    throw new GateRefusal(
      `${path} is of another ${THINGS[name]}`,
      `${other[name]} there, ${kind[name]} here`,
      'move it away to begin anew, or go on where it was begun',
    )
  }
  return rows
}

import { workloadParams } from './params.js'
import type { SampleRow } from './sampleColumns.js'

/**
 * All strategies and both engines must have done the same work; otherwise every comparison in the run is void.
 * @returns what differs, or null
 */
export function tapeMismatch(rows: readonly SampleRow[]): string | null {
  const first = new Map<string, SampleRow>()
  for (const row of rows) {
    if (row.tape_hash === '') continue
    const work = JSON.stringify([row.workload, workloadParams(row.params), row.cpus, row.seed])
    const other = first.get(work)
    if (other === undefined) first.set(work, row)
    else if (other.tape_hash !== row.tape_hash) {
      return `${nameOf(other)} ran tape ${other.tape_hash}, ${nameOf(row)} ran tape ${row.tape_hash}`
    }
  }
  return null
}

function nameOf(row: SampleRow): string {
  const params = row.params === '' ? '' : ` (${row.params})`
  return `${row.engine}/${row.strategy}/${row.workload}/${row.cpus}${params} repetition ${row.repetition}`
}

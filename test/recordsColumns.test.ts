import { describe, expect, test } from 'vitest'
import { headerLine } from '../dist/src/records/csvText.js'
import { datapackage } from '../dist/src/records/datapackage.js'
import { SAMPLE_COLUMNS } from '../dist/src/records/sampleColumns.js'
import { SUMMARY_COLUMNS } from '../dist/src/records/summaryColumns.js'

// As design section 7 has them, and never in another order: typed here a second time on purpose.
const KEY = 'schema_version,run_id,engine,strategy,contract,workload,params,cpus,profile,seed,tape_hash'
const SAMPLES =
  `${KEY},repetition,oracle,ops,elapsed_ns,op_p50_ns,op_p99_ns,op_max_ns,ipis,flush_rounds,pages_invalidated,` +
  'full_flushes,tlb_misses,responder_ns,innocent_slowdown,held_frames_peak,exposure_p99_ns,exposure_max_ns,violations,' +
  'oversubscribed,op_total_ns,extrapolated,pass_ns,failure,fault,exposure_p50_ns,exposures_open,' +
  'stale_p50_ns,stale_p99_ns,stale_max_ns,stale_open\n'
const SUMMARY =
  `${KEY},repetitions,ops,ns_per_op,ns_per_op_low,ns_per_op_high,op_p50_ns,op_p99_ns,op_max_ns,ipis_per_op,` +
  'flush_rounds_per_op,pages_invalidated_per_op,full_flushes_per_op,tlb_misses_per_op,responder_ns_per_op,' +
  'innocent_slowdown,held_frames_peak,exposure_p99_ns,exposure_max_ns,violations,oversubscribed,vs_immediate,vs_linux,' +
  'skipped,extrapolated,failed_repetitions,fault,exposure_p50_ns,exposures_open,' +
  'stale_p50_ns,stale_p99_ns,stale_max_ns,stale_open\n'

describe('headers', () => {
  test('of samples.csv', () => {
    expect(headerLine(SAMPLE_COLUMNS)).toBe(SAMPLES)
  })

  test('of summary.csv', () => {
    expect(headerLine(SUMMARY_COLUMNS)).toBe(SUMMARY)
  })
})

interface Field {
  name: string
  type: string
  unit?: string
  constraints?: object
}

interface Resource {
  name: string
  path: string
  schema: { fields: Field[]; missingValues: string[] }
}

describe('datapackage.json', () => {
  const descriptor = datapackage('20260203T040506Z-Bench') as {
    name: string
    id: string
    resources: Resource[]
  }
  const fieldOf = (file: number, name: string) =>
    descriptor.resources[file].schema.fields.find((field) => field.name === name)!

  test('describes both files with all of their columns in order', () => {
    expect(descriptor.resources.map((resource) => resource.path)).toEqual(['samples.csv', 'summary.csv'])
    const names = descriptor.resources.map(
      (resource) => `${resource.schema.fields.map((field) => field.name).join(',')}\n`,
    )
    expect(names).toEqual([SAMPLES, SUMMARY])
  })

  test('says what an empty cell is', () => {
    expect(descriptor.resources.map((resource) => resource.schema.missingValues)).toEqual([[''], ['']])
  })

  test('has a name that the specification allows, and the id as it is', () => {
    // Lower case letters, digits, dots, dashes and underscores only.
    expect(descriptor.name).toBe('20260203t040506z-bench')
    expect(descriptor.id).toBe('20260203T040506Z-Bench')
  })

  test('gives types, units and constraints', () => {
    expect(fieldOf(0, 'ops')).toMatchObject({ type: 'integer', unit: 'ops', constraints: { minimum: 0 } })
    expect(fieldOf(0, 'elapsed_ns')).toMatchObject({ type: 'number', unit: 'ns' })
    expect(fieldOf(0, 'cpus').constraints).toEqual({ required: true, minimum: 1 })
    expect(fieldOf(0, 'oracle').constraints).toEqual({ required: true, enum: ['full', 'local'] })
    expect(fieldOf(0, 'contract').constraints).toEqual({ enum: ['return', 'bounded', 'reuse', 'none'] })
    expect(fieldOf(0, 'oversubscribed')).toMatchObject({
      type: 'boolean',
      trueValues: ['true'],
      falseValues: ['false'],
    })
    expect(fieldOf(1, 'ns_per_op')).toMatchObject({ type: 'number', unit: 'ns/op' })
    expect(fieldOf(0, 'strategy')).not.toHaveProperty('unit')
  })

  test('names the unit of every column whose name ends in _ns', () => {
    const times = descriptor.resources
      .flatMap((resource) => resource.schema.fields)
      .filter((field) => field.name.endsWith('_ns'))
    expect(times.length).toBeGreaterThan(10)
    for (const field of times.filter((column) => column.type !== 'string')) expect(field.unit).toBe('ns')
  })
})

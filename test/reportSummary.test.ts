import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { cellsOf, type PlannedCell } from '../dist/src/records/cellKey.js'
import { parseCsv } from '../dist/src/records/csvReader.js'
import { csvText } from '../dist/src/records/csvText.js'
import { SAMPLE_COLUMNS, type SampleRow } from '../dist/src/records/sampleColumns.js'
import { SUMMARY_COLUMNS } from '../dist/src/records/summaryColumns.js'
import { summarize } from '../dist/src/report/summary.js'

const BASE: SampleRow = {
  schema_version: 1,
  run_id: 'r',
  engine: 'threads',
  strategy: 'batched',
  contract: 'return',
  workload: 'storm',
  params: '',
  cpus: 4,
  profile: 'x86',
  seed: 1,
  tape_hash: 'h',
  repetition: 1,
  oracle: 'local',
  ops: 10,
  elapsed_ns: 1000,
  op_p50_ns: 10,
  op_p99_ns: 20,
  op_max_ns: 30,
  ipis: 5,
  flush_rounds: 4,
  pages_invalidated: 3,
  full_flushes: 2,
  tlb_misses: 1,
  responder_ns: 50,
  innocent_slowdown: 1.5,
  held_frames_peak: 6,
  exposure_p99_ns: 70,
  exposure_max_ns: 80,
  violations: 0,
  oversubscribed: false,
  op_total_ns: 100,
  extrapolated: false,
  pass_ns: '',
  failure: '',
  fault: '',
  exposure_p50_ns: 40,
  exposures_open: 2,
  stale_p50_ns: 41,
  stale_p99_ns: 42,
  stale_max_ns: 43,
  stale_open: 4,
}
const sample = (changes: Partial<SampleRow>): SampleRow => ({ ...BASE, ...changes })
const FAILED: Partial<SampleRow> = {
  ops: null,
  elapsed_ns: null,
  op_p50_ns: null,
  op_p99_ns: null,
  op_max_ns: null,
  ipis: null,
  flush_rounds: null,
  pages_invalidated: null,
  full_flushes: null,
  tlb_misses: null,
  responder_ns: null,
  innocent_slowdown: null,
  held_frames_peak: null,
  exposure_p99_ns: null,
  exposure_max_ns: null,
  violations: null,
  oversubscribed: null,
  op_total_ns: null,
  failure: 'CPU 3 hangs',
}
const totals = (values: number[], changes: Partial<SampleRow> = {}) =>
  values.map((op_total_ns, index) => sample({ repetition: index + 1, op_total_ns, ...changes }))
const only = (samples: SampleRow[], cells: PlannedCell[] = []) => {
  const rows = summarize(samples, cells)
  expect(rows).toHaveLength(1)
  return rows[0]
}

describe('one cell', () => {
  test('ns_per_op is the median of the quotients of the repetitions, its interval from order statistics', () => {
    // 50, 9, 12, 11, 10 ns per op
    expect(only(totals([500, 90, 120, 110, 100]))).toMatchObject({
      repetitions: 5,
      ns_per_op: 11,
      ns_per_op_low: 9,
      ns_per_op_high: 50,
      ops: 50,
    })
  })

  test('each repetition is divided by its own operations', () => {
    const samples = [sample({ op_total_ns: 100, ops: 10 }), sample({ op_total_ns: 600, ops: 20 })]
    expect(only(samples).ns_per_op).toBe((10 + 30) / 2)
  })

  test('has no interval below 3 repetitions, and the range of 3', () => {
    expect(only(totals([100]))).toMatchObject({ ns_per_op: 10, ns_per_op_low: null, ns_per_op_high: null })
    expect(only(totals([90, 120]))).toMatchObject({ ns_per_op_low: null, ns_per_op_high: null })
    expect(only(totals([90, 100, 120]))).toMatchObject({ ns_per_op_low: 9, ns_per_op_high: 12 })
  })

  test('latencies are medians of the repetitions, but the longest is the longest of all', () => {
    const samples = [1, 2, 9].map((n) =>
      sample({ op_p50_ns: n, op_p99_ns: 10 * n, op_max_ns: 100 * n, innocent_slowdown: n }),
    )
    expect(only(samples)).toMatchObject({ op_p50_ns: 2, op_p99_ns: 20, op_max_ns: 900, innocent_slowdown: 2 })
  })

  test('counters are totals divided by total operations', () => {
    const samples = [
      sample({}),
      sample({
        ops: 30,
        ipis: 15,
        flush_rounds: 0,
        pages_invalidated: 37,
        full_flushes: 6,
        tlb_misses: 0,
        responder_ns: 30,
      }),
    ]
    expect(only(samples)).toMatchObject({
      ipis_per_op: 20 / 40,
      flush_rounds_per_op: 4 / 40,
      pages_invalidated_per_op: 40 / 40,
      full_flushes_per_op: 8 / 40,
      tlb_misses_per_op: 1 / 40,
      responder_ns_per_op: 80 / 40,
    })
  })

  test('an unknown counter is not a zero', () => {
    expect(only([sample({}), sample({ ipis: null, ops: 1000 })]).ipis_per_op).toBe(5 / 10)
    expect(only([sample({ ipis: null })]).ipis_per_op).toBeNull()
  })

  test('no operations is unknown, not infinite', () => {
    const row = only([sample({ ops: 0, op_total_ns: 0 })])
    expect([row.ns_per_op, row.ipis_per_op, row.vs_immediate]).toEqual([null, null, null])
    expect(row.ops).toBe(0)
  })

  test('the verified repetition is outside all timing, and inside the violations', () => {
    const full = sample({
      repetition: 0,
      oracle: 'full',
      op_total_ns: 9e9,
      ops: 999,
      ipis: 999,
      op_p50_ns: 999,
      op_max_ns: 999,
      innocent_slowdown: 9,
      held_frames_peak: 999,
      exposure_p99_ns: 999,
      exposure_max_ns: 999,
      exposure_p50_ns: 999,
      exposures_open: 999,
      violations: 3,
    })
    expect(only([full, sample({ violations: 2 })])).toMatchObject({
      repetitions: 1,
      ops: 10,
      ns_per_op: 10,
      ipis_per_op: 0.5,
      op_p50_ns: 10,
      op_max_ns: 30,
      innocent_slowdown: 1.5,
      held_frames_peak: 6,
      exposure_p99_ns: 70,
      exposure_max_ns: 80,
      exposure_p50_ns: 40,
      exposures_open: 2,
      violations: 5,
    })
  })

  test('held frames and exposure come from the verified repetition where no other knows them', () => {
    const full = sample({
      repetition: 0,
      oracle: 'full',
      held_frames_peak: 9,
      exposure_p99_ns: 90,
      exposure_max_ns: 95,
    })
    const blind = sample({ held_frames_peak: null, exposure_p99_ns: null, exposure_max_ns: null })
    expect(only([full, blind])).toMatchObject({
      held_frames_peak: 9,
      exposure_p99_ns: 90,
      exposure_max_ns: 95,
    })
    expect(only([full])).toMatchObject({
      repetitions: 0,
      ns_per_op: null,
      ops: null,
      held_frames_peak: 9,
      exposure_p99_ns: 90,
    })
  })

  test('held frames and exposure are the worst of the timed repetitions, quantiles their median', () => {
    const samples = [1, 2, 9].map((n) =>
      sample({
        held_frames_peak: n,
        exposure_p50_ns: n,
        exposure_p99_ns: n,
        exposure_max_ns: n,
        exposures_open: n,
        stale_p50_ns: n,
        stale_p99_ns: n,
        stale_max_ns: n,
        stale_open: n,
      }),
    )
    expect(only(samples)).toMatchObject({
      held_frames_peak: 9,
      exposure_p50_ns: 2,
      exposure_p99_ns: 2,
      exposure_max_ns: 9,
      exposures_open: 9,
      stale_p50_ns: 2,
      stale_p99_ns: 2,
      stale_max_ns: 9,
      stale_open: 9,
    })
  })

  test('a failed repetition is counted and gives no figures', () => {
    const row = only([
      sample({}),
      sample({ ...FAILED, repetition: 2 }),
      sample({ ...FAILED, repetition: 3, violations: 4 }),
    ])
    expect(row).toMatchObject({
      repetitions: 1,
      failed_repetitions: 2,
      ns_per_op: 10,
      violations: 4,
      oversubscribed: false,
    })
  })

  test('figures of a repetition that failed do not count, whatever they are', () => {
    expect(only([sample({}), sample({ op_total_ns: 9e9, failure: 'late' })])).toMatchObject({
      repetitions: 1,
      ns_per_op: 10,
    })
  })

  test('that failed altogether has empty figures', () => {
    const row = only([sample({ ...FAILED, contract: '', tape_hash: '' })])
    expect(row).toMatchObject({
      repetitions: 0,
      failed_repetitions: 1,
      ops: null,
      ns_per_op: null,
      violations: null,
      oversubscribed: null,
    })
  })

  test('is oversubscribed or extrapolated when a repetition was', () => {
    const row = only([
      sample({ oversubscribed: null }),
      sample({ oversubscribed: true, extrapolated: true }),
      sample({}),
    ])
    expect(row).toMatchObject({ oversubscribed: true, extrapolated: true })
  })

  test('takes its contract and tape from whichever repetition knows them', () => {
    const row = only([sample({ ...FAILED, contract: '', tape_hash: '' }), sample({ repetition: 2 })])
    expect(row).toMatchObject({ contract: 'return', tape_hash: 'h' })
  })

  test('of two runs names both', () => {
    expect(only([sample({ run_id: 'b' }), sample({ run_id: 'a' }), sample({ run_id: 'b' })]).run_id).toBe(
      'a+b',
    )
  })

  test('is refused when its repetitions did different work', () => {
    expect(() => summarize([sample({}), sample({ tape_hash: 'other' })])).toThrow(
      expect.objectContaining({ name: 'UsageError', message: expect.stringContaining('h, other') }),
    )
  })
})

describe('cells', () => {
  test.each<Partial<SampleRow>>([
    { engine: 'sim' },
    { strategy: 'linux' },
    { workload: 'web' },
    { params: 'workload.pages=4' },
    { cpus: 8 },
    { profile: 'arm' },
    { seed: 2 },
    { fault: 'stall-cpu' },
  ])('differ by %j', (change) => {
    expect(summarize([sample({}), sample({ ...change, tape_hash: '' })])).toHaveLength(2)
  })

  test('stand in the order of the plan, not in that of the samples', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((strategy) => sample({ strategy }))
    const order = summarize([c, b, a], cellsOf([b, a])).map((row) => row.strategy)
    // c is not in the plan, and is kept.
    expect(order).toEqual(['b', 'a', 'c'])
  })

  test('that were skipped are rows with their reason', () => {
    const skipped = {
      ...cellsOf([sample({ strategy: 'broadcast', tape_hash: '' })])[0],
      skipped: 'no hardware',
    }
    const rows = summarize([sample({})], [skipped])
    expect(rows[0]).toMatchObject({
      strategy: 'broadcast',
      skipped: 'no hardware',
      repetitions: 0,
      ops: null,
      violations: null,
      run_id: 'r',
    })
    expect(rows[1]).toMatchObject({ strategy: 'batched', skipped: '' })
  })

  test('do not depend on the order of the samples', () => {
    const samples = [...totals([70, 90, 120, 110, 100]), ...totals([50, 60], { strategy: 'immediate' })]
    expect(summarize(samples.toReversed(), cellsOf(samples))).toEqual(summarize(samples))
  })
})

describe('vs_immediate and vs_linux', () => {
  const immediate = sample({ strategy: 'immediate', op_total_ns: 300 })
  const linux = sample({ strategy: 'linux', op_total_ns: 50 })
  const vs = (samples: SampleRow[], strategy = 'batched') => {
    const row = summarize(samples).find((candidate) => candidate.strategy === strategy)!
    return [row.vs_immediate, row.vs_linux]
  }

  test('are above 1 where this is faster, and 1 for the reference itself', () => {
    expect(vs([sample({}), immediate, linux])).toEqual([3, 0.5])
    expect(vs([sample({}), immediate, linux], 'immediate')).toEqual([1, 5 / 30])
    expect(vs([sample({}), immediate, linux], 'linux')).toEqual([6, 1])
  })

  test('compare under one fault only', () => {
    const fault = 'stall-cpu'
    expect(vs([sample({ fault }), immediate])).toEqual([null, null])
    expect(vs([sample({ fault }), { ...immediate, fault }, linux])).toEqual([3, null])
  })

  test('are empty where the reference did not run', () => {
    expect(vs([sample({}), linux])).toEqual([null, 0.5])
    expect(vs([sample({}), sample({ ...FAILED, strategy: 'immediate' })])).toEqual([null, null])
  })

  test('compare parameters of the strategy with the reference at its defaults', () => {
    const tuned = sample({ strategy: 'immediate', params: 'strategy.ceiling=9', op_total_ns: 700 })
    const own = sample({ params: 'strategy.slots=2' })
    expect(vs([own, tuned])).toEqual([null, null])
    expect(vs([own, tuned, immediate])).toEqual([3, null])
    expect(vs([own, immediate, tuned])).toEqual([3, null])
  })

  test('compare the same parameters of the workload only', () => {
    const own = sample({ params: 'strategy.slots=2;workload.pages=4' })
    expect(vs([own, immediate])).toEqual([null, null])
    expect(
      vs([own, immediate, sample({ strategy: 'immediate', params: 'workload.pages=4', op_total_ns: 1000 })]),
    ).toEqual([10, null])
  })

  test.each<Partial<SampleRow>>([
    { engine: 'sim' },
    { workload: 'web' },
    { cpus: 8 },
    { profile: 'arm' },
    { seed: 2 },
    { tape_hash: 'other' },
  ])('do not compare with %j', (change) => {
    expect(vs([sample({}), { ...immediate, ...change }])).toEqual([null, null])
  })
})

test('summary.csv can be computed again from what samples.csv holds, byte for byte', () => {
  const samples = [
    ...totals([71.3, 90, 120.1, 110, 1 / 3]),
    ...totals([50, 60], { strategy: 'immediate', violations: 2 }),
    sample({ ...FAILED, strategy: 'linux', failure: 'line\nbreak' }),
    sample({ ...FAILED, strategy: 'luf', failure: '\n' }),
  ]
  const skipped = { ...cellsOf([sample({ strategy: 'broadcast' })])[0], skipped: 'no hardware' }
  const first = csvText(SUMMARY_COLUMNS, summarize(samples, [skipped]))
  const stored = parseCsv(csvText(SAMPLE_COLUMNS, samples), 'samples.csv', SAMPLE_COLUMNS).rows
  // The rows of a summary serve as the plan: they carry the skipped cells and the order.
  const plan = parseCsv(first, 'summary.csv', SUMMARY_COLUMNS).rows
  expect(csvText(SUMMARY_COLUMNS, summarize(stored, plan))).toBe(first)
  expect(first.split('\n')).toHaveLength(1 + 5 + 1)
})

test('the documented rule for few repetitions is the one in force', () => {
  const docs = readFileSync(new URL('../docs/columns.md', import.meta.url), 'utf8')
  expect(docs).toContain('93.75 %')
  expect(only(totals([1, 2, 3, 4, 5])).ns_per_op_low).not.toBeNull()
})

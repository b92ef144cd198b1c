import { parse } from 'csv-parse/sync'
import { describe, expect, test } from 'vitest'
import type { SummaryRow } from '../dist/src/records/summaryColumns.js'
import { githubActionBenchmark } from '../dist/src/report/exports/githubActionBenchmark.js'
import { fullColumns, historyOf, otavaConfig, otavaCsv } from '../dist/src/report/exports/otava.js'
import { usageErrorOf } from './support/usage.js'

/** 30 operations that took 600 ns and sent 15 interrupts in one round each. */
const SIM = {
  run_id: 'r',
  engine: 'sim',
  strategy: 'batched',
  contract: 'return',
  workload: 'storm',
  params: 'strategy.ceiling=64;workload.pages=4;workload.readers=1',
  cpus: 8,
  profile: 'x86',
  seed: 1,
  fault: '',
  tape_hash: 'h',
  repetitions: 3,
  ns_per_op: 20,
  ns_per_op_low: 10,
  ns_per_op_high: 30.5,
  ipis_per_op: 0.5,
  flush_rounds_per_op: 1,
  pages_invalidated_per_op: 0,
  full_flushes_per_op: null,
  tlb_misses_per_op: null,
  violations: 0,
  oversubscribed: null,
  extrapolated: false,
} as SummaryRow
const row = (changes: Partial<SummaryRow>): SummaryRow => ({ ...SIM, ...changes })
const SERIES = 'sim/batched:ceiling=64/storm:pages=4;readers=1/cpus=8/profile=x86/seed=1'
const COLUMN = 'sim_batched_ceiling_64_storm_pages_4_readers_1_cpus_8_profile_x86_seed_1'

interface Entry {
  name: string
  unit: string
  value: number
  range?: string
  extra: string
}
const entries = (rows: SummaryRow[]) => JSON.parse(githubActionBenchmark(rows)) as Entry[]

describe('github-action-benchmark', () => {
  test('has the known figures of a cell, a zero among them', () => {
    const extra = 'contract return\nrepetitions 3\ntape h\nrun r'
    expect(entries([SIM])).toEqual([
      { name: `${SERIES} ns_per_op`, unit: 'ns/op', value: 20, range: '10..30.5', extra },
      { name: `${SERIES} ipis_per_op`, unit: 'interrupts/op', value: 0.5, extra },
      { name: `${SERIES} flush_rounds_per_op`, unit: 'rounds/op', value: 1, extra },
      { name: `${SERIES} pages_invalidated_per_op`, unit: 'pages/op', value: 0, extra },
    ])
  })

  test('has times only of real threads, and says what they are worth', () => {
    const [entry, ...more] = entries([row({ engine: 'threads', oversubscribed: true, ns_per_op_low: null })])
    expect(more).toEqual([])
    expect(entry.range).toBe(undefined)
    expect(entry.extra).toContain('\noversubscribed\n')
  })

  test('has nothing of a cell that broke its promise, or that was not measured', () => {
    const unmeasured = row({ engine: 'threads', ns_per_op: null })
    expect(entries([row({ violations: 1 }), unmeasured])).toEqual([])
    expect(entries([row({ violations: 1, contract: 'none' })])).toHaveLength(4)
    expect(entries([])).toEqual([])
  })

  test('names each part of the key, so that no two cells have one name', () => {
    const keys: Partial<SummaryRow>[] = [
      {},
      { engine: 'threads' },
      { strategy: 'lazy' },
      { workload: 'other' },
      { params: 'strategy.ceiling=64;workload.pages=4' },
      { params: 'workload.ceiling=64' },
      { params: 'strategy.ceiling=64' },
      { cpus: 2 },
      { profile: 'arm' },
      { seed: 2 },
      { fault: 'no-tick' },
    ]
    const names = entries(keys.map(row)).map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })
})

describe('otava', () => {
  const history = (...summaries: SummaryRow[][]) =>
    historyOf(
      summaries.map((summary, at) => ({
        time: `2026-01-0${at + 1}T00:00:00.000Z`,
        commit: `c${at}`,
        summary,
      })),
    )

  test('is one row for each run; what a run does not know is empty', () => {
    const lazy = row({ strategy: 'lazy', engine: 'threads', ns_per_op: 7.25 })
    const table = history([SIM], [row({ ns_per_op: 21, ipis_per_op: null }), lazy])
    const text = otavaCsv(table)
    expect(text.endsWith('\n')).toBe(true)
    expect(text).not.toContain('"')
    expect(parse(text)).toEqual([
      [
        'time',
        'commit',
        `${COLUMN}_ns_per_op`,
        `${COLUMN}_ipis_per_op`,
        `${COLUMN}_flush_rounds_per_op`,
        `${COLUMN}_pages_invalidated_per_op`,
        `${COLUMN.replace('sim_batched', 'threads_lazy')}_ns_per_op`,
      ],
      ['2026-01-01T00:00:00.000Z', 'c0', '20', '0.5', '1', '0', ''],
      ['2026-01-02T00:00:00.000Z', 'c1', '21', '', '1', '0', '7.25'],
    ])
    expect(fullColumns(table)).toEqual([
      `${COLUMN}_ns_per_op`,
      `${COLUMN}_flush_rounds_per_op`,
      `${COLUMN}_pages_invalidated_per_op`,
    ])
  })

  test('is configured with the columns that it can read, of which less is better', () => {
    const head = [
      'tests:',
      '  shootdown:',
      '    type: csv',
      '    file: shootdown.csv',
      '    time_column: time',
      '    attributes: [commit]',
    ]
    expect(otavaConfig(history([row({ engine: 'threads' })]))).toBe(
      [
        ...head,
        '    metrics:',
        `      ${COLUMN.replace('sim', 'threads')}_ns_per_op:`,
        '        direction: -1',
        '',
      ].join('\n'),
    )
    expect(otavaConfig(history([SIM], []))).toBe([...head, '    metrics: {}', ''].join('\n'))
  })

  test('refuses two cells of one column', async () => {
    const files = [row({ strategy: './a_b.js' }), row({ strategy: './a/b.js' })]
    expect(await usageErrorOf(() => history(files))).toContain('two cells would have it')
  })
})

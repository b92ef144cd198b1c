import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { SuiteRow } from '../dist/bench/suites/suite.js'

const run = promisify(execFile)
const SCRIPT = join(import.meta.dirname, '..', 'dist', 'scripts', 'suites.js')

test('every suite runs and compares its sides; no time is asserted', async () => {
  const { stdout } = await run(process.execPath, [SCRIPT, '--budget-ms', '40', '--format', 'json'])
  const { rows } = JSON.parse(stdout) as { rows: SuiteRow[] }
  expect([...new Set(rows.map(({ suite }) => suite))]).toEqual([
    'tlb-hit',
    'walk',
    'interrupt',
    'sim-hits',
    'sim-misses',
    'sim-interrupts',
    'sim-memory',
    'oracle',
  ])
  for (const row of rows) {
    const about = `${row.suite}/${row.task}`
    expect(row.median > 0 && Number.isFinite(row.median), about).toBe(true)
    expect(row.rounds > 0, about).toBe(true)
    if (row.against === null) continue
    // Held against a side of the same suite, round by round.
    expect(rows.some(({ suite, task }) => suite === row.suite && task === row.against)).toBe(true)
    const { ratio_p5: low, ratio, ratio_p95: high } = row
    expect(
      [low, ratio, high].every((value) => value !== null && value > 0 && Number.isFinite(value)),
      about,
    ).toBe(true)
    expect((low ?? 0) <= (ratio ?? 0) && (ratio ?? 0) <= (high ?? 0), about).toBe(true)
  }
  expect(rows.filter(({ target }) => target !== null).every(({ met }) => met !== null)).toBe(true)
}, 60_000)

test.each([
  [['--filter', 'tlbhit'], 'known: tlb-hit'],
  [['--filter', '('], "--filter '('"],
  [['--budget-ms', '0'], 'not a whole number'],
  [['--format', 'csv'], 'known: table, json'],
  [['--fliter', 'x'], 'did you mean --filter?'],
  [['quick'], 'unexpected argument'],
])('%s is refused before anything is measured', async (argv, said) => {
  const failed = await run(process.execPath, [SCRIPT, ...argv]).then(
    () => undefined,
    (error: { code: number; stdout: string; stderr: string }) => error,
  )
  expect(failed).toMatchObject({ code: 2, stdout: '' })
  expect(failed?.stderr).toContain(said)
})

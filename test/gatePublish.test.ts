import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { exitCodeOf } from '../dist/src/gate/output/exitCode.js'
import { createGateFolder } from '../dist/src/gate/output/gateFolder.js'
import { publish, publishRefusal, type PublishOptions } from '../dist/src/gate/output/publish.js'
import { verdictCsv } from '../dist/src/gate/output/verdictCsv.js'
import { GateRefusal } from '../dist/src/gate/refusal.js'
import type { Verdict } from '../dist/src/gate/verdict.js'
import { readEnvironment } from '../dist/src/harness/environment.js'
import { parseCsv } from '../dist/src/records/csvReader.js'
import { EXACT_VERDICT_COLUMNS, WALL_CLOCK_VERDICT_COLUMNS } from '../dist/src/records/verdictColumns.js'
import { exact, finding, HOSTILE, NOISY, SLOWER, wallClock } from './support/verdicts.js'

const environment = readEnvironment()
let root: string
let folder: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'shootdown-publish-'))
  folder = join(root, 'gate')
  mkdirSync(folder)
})
afterEach(() => rmSync(root, { recursive: true }))

function published(verdict: Verdict, changes: Partial<PublishOptions> = {}) {
  let stdout = ''
  let stderr = ''
  const code = publish(verdict, {
    folder,
    env: {},
    stdout: (text) => (stdout += text),
    stderr: (text) => (stderr += text),
    format: 'table',
    colour: false,
    environment,
    ...changes,
  })
  return { code, stdout, stderr }
}

/** README: 0 pass, 1 regression, 3 inconclusive or incomparable, 4 a violation. */
test.each([
  ['pass', 0],
  ['regression', 1],
  ['inconclusive', 3],
  ['outdated', 3],
  ['violation', 4],
] as const)('%s is exit code %i', (outcome, code) => {
  expect(exitCodeOf(exact({ outcome }))).toBe(code)
  expect(published(wallClock({ outcome })).code).toBe(code)
})

describe('the folder', () => {
  const startedAt = new Date('2026-02-03T04:05:06.789Z')

  test('is named after the time and the tier, below results/gate', () => {
    const make = () => createGateFolder({ out: null, tier: 'wall-clock', startedAt, root })
    expect(make()).toBe(join(root, 'results/gate/20260203T040506Z-wall-clock'))
    expect(make()).toBe(join(root, 'results/gate/20260203T040506Z-wall-clock-2'))
  })

  test('is what --out says, and never one that holds something', () => {
    const make = (out: string) => createGateFolder({ out, tier: 'exact', startedAt, root })
    expect(make(join(root, 'a/b'))).toBe(join(root, 'a/b'))
    writeFileSync(join(root, 'a/b/x'), '')
    expect(() => make(join(root, 'a/b'))).toThrow(/not empty: it holds x\ngive a new directory$/)
    expect(existsSync(join(root, 'results'))).toBe(false)
  })
})

describe('verdict.json', () => {
  test('is the verdict, with what it takes to read it alone', () => {
    const verdict = wallClock()
    published(verdict)
    const read = JSON.parse(readFileSync(join(folder, 'verdict.json'), 'utf8'))
    const cells = [{ ...NOISY, baseNs: null }, SLOWER]
    expect(read).toEqual({ ...verdict, cells, schema_version: 1, exit_code: 1, environment })
    expect(Object.keys(read).slice(0, 4)).toEqual(['schema_version', 'exit_code', 'tier', 'outcome'])
  })
})

describe('verdict.csv', () => {
  test('of the exact tier: one row for each finding, figures with all digits', () => {
    const findings = [
      finding({ before: 12_345_678.125, after: 0.1 + 0.2, ratio: 1.5 }),
      finding({
        kind: 'not comparable',
        cell: HOSTILE,
        oracle: '',
        metric: '',
        before: 'abc',
        after: null,
        ratio: null,
      }),
    ]
    const csv = verdictCsv(exact({ findings }))
    expect(csv.split('\n')[0]).toBe(
      'schema_version,tier,verdict,verdict_reason,kind,cell,oracle,metric,before,after,ratio',
    )
    expect(csv.split('\n')[1]).toBe(
      '1,exact,regression,1 of 48 cells needs more than before.,worse,sim batched munmap-storm 8 CPUs,local,op_total_ns,12345678.125,0.30000000000000004,1.5',
    )
    const { rows } = parseCsv(csv, 'verdict.csv', EXACT_VERDICT_COLUMNS)
    expect(rows[1]).toMatchObject({
      kind: 'not comparable',
      cell: HOSTILE.replace('\r\n', ' / '),
      before: 'abc',
      after: '',
      ratio: null,
    })
  })

  test('of the wall-clock tier: one row for each cell', () => {
    const { rows } = parseCsv(
      verdictCsv(wallClock({ cells: [SLOWER, NOISY] })),
      'verdict.csv',
      WALL_CLOCK_VERDICT_COLUMNS,
    )
    expect(rows[0]).toEqual({
      schema_version: 1,
      tier: 'wall-clock',
      verdict: 'regression',
      verdict_reason: '1 of 2 cells is slower than main.',
      cell: 'threads batched munmap-storm 2 CPUs',
      outcome: 'regression',
      reason: 'slower in both batches',
      base_ns: 2000,
      head_ns: 2104,
      ratio: 1.052,
      ratio_low: 1.039,
      ratio_high: 1.061,
      coverage: 0.958,
      processes: 20,
      p: 0.002,
      p_adjusted: 0.004,
      control_ratio: 1.001,
      control_ratio_low: 0.996,
      control_ratio_high: 1.005,
      control_coverage: 0.958,
      control_processes: 20,
      control_p: 0.3,
      control_p_adjusted: 0.6,
      confirmation_ratio: 1.05,
      confirmation_ratio_low: 1.041,
      confirmation_ratio_high: 1.062,
      confirmation_coverage: 0.958,
      confirmation_processes: 20,
      confirmation_p: 0.001,
      confirmation_p_adjusted: 0.002,
      detectable_ratio: 1.021,
      target_ratio: 1.05,
    })
    expect(rows[1]).toMatchObject({
      base_ns: null,
      confirmation_ratio: null,
      confirmation_p: null,
      detectable_ratio: null,
    })
  })

  test('is never without a row, so that the verdict is in it', () => {
    expect(
      verdictCsv(exact({ outcome: 'pass', reason: 'Nothing differs.', findings: [] })).split('\n')[1],
    ).toBe('1,exact,pass,Nothing differs.,,,,,,,')
    const { rows } = parseCsv(verdictCsv(wallClock({ cells: [] })), 'f', WALL_CLOCK_VERDICT_COLUMNS)
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject({ verdict: 'regression', cell: '', ratio: null })
  })
})

describe('publish', () => {
  const github = () => ({
    GITHUB_ACTIONS: 'true',
    GITHUB_STEP_SUMMARY: join(root, 'summary.md'),
    GITHUB_OUTPUT: join(root, 'output'),
  })

  test('outside of GitHub prints the table and nothing else', () => {
    const { stdout, stderr } = published(exact())
    expect(stdout).toMatch(/^REGRESSION: [^]*\nREGRESSION: 1 of 48 cells needs more than before\.\n$/)
    expect(stdout).not.toContain('::')
    expect(stderr).toBe(`results: ${folder}\n`)
    expect(readdirSync(folder).sort()).toEqual(['verdict.csv', 'verdict.json'])
    expect(readdirSync(root)).toEqual(['gate'])
  })

  test.each(['json', 'csv'] as const)('--format %s is the bytes of the file, on GitHub too', (format) => {
    for (const env of [{}, github()]) {
      const { stdout, stderr } = published(exact(), { format, env })
      expect(stdout).toBe(readFileSync(join(folder, `verdict.${format}`), 'utf8'))
      expect(stderr.includes('::error title=')).toBe('GITHUB_ACTIONS' in env)
    }
  })

  test('on GitHub annotates, and no line of the table can be a command', () => {
    const cell = `${'x '.repeat(60)}::error::planted`
    const { stdout } = published(exact({ findings: [finding({ cell })] }), { env: github() })
    const lines = stdout.trimEnd().split('\n')
    expect(lines.slice(0, 3).map((line) => line.split(/[ :]+/)[1])).toEqual([
      'error',
      'error',
      'stop-commands',
    ])
    expect(lines.at(-1)).toBe(`::${lines[2].split('::')[2]}::`)
    expect(lines.filter((line) => line.includes('::error::planted'))).toHaveLength(1)
  })

  test('on GitHub fills the page and the outputs', () => {
    published(wallClock(), { env: github() })
    expect(readFileSync(join(root, 'summary.md'), 'utf8')).toMatch(
      /^## Performance gate, wall-clock tier: regression\n/,
    )
    const outputs = readFileSync(join(root, 'output'), 'utf8').replaceAll(
      /<<(end-.*)\n([^]*?)\n\1\n/g,
      '=$2\n',
    )
    expect(outputs).toBe(
      `verdict=regression\nexit-code=1\nreason=1 of 2 cells is slower than main.\nworst-ratio=1.052\nreport=${folder}\n`,
    )
  })

  test('commands only for GITHUB_ACTIONS=true', () => {
    expect(published(exact(), { env: { GITHUB_ACTIONS: 'false' } }).stdout).not.toContain('::')
  })

  test.each(['GITHUB_STEP_SUMMARY', 'GITHUB_OUTPUT'])(
    'a file of %s that cannot be written is a warning',
    (variable) => {
      const env = { ...github(), [variable]: join(root, 'no/such/folder/file') }
      const { code, stdout, stderr } = published(exact({ outcome: 'pass' }), { env })
      expect(code).toBe(0)
      expect(stdout).toContain('\nPASS: ')
      expect(stderr).toMatch(new RegExp(`^warning: nothing was written to ${variable}: .*ENOENT`))
    },
  )

  test('a full disk loses no verdict, and is told', () => {
    rmSync(folder, { recursive: true })
    let stdout = ''
    expect(() => published(exact(), { stdout: (text) => (stdout += text) })).toThrow(
      /^cannot write .*verdict\.json\n/,
    )
    expect(stdout).toMatch(/\nREGRESSION: .*\n$/)
  })

  test('verdict.json is on disk before anything is printed', () => {
    const { stdout } = published(exact(), {
      stdout: () => expect(readdirSync(folder)).toContain('verdict.json'),
    })
    expect(stdout).toBe('')
  })

  test('a refusal leaves its trace too', () => {
    let stderr = ''
    const refusal = new GateRefusal(
      'no baseline',
      'results/baseline is empty\u001b[2J',
      'npm run gate -- --update',
    )
    const code = publishRefusal(refusal, {
      env: github(),
      stdout: () => {},
      stderr: (text) => (stderr += text),
      format: 'table',
    })
    expect(code).toBe(3)
    expect(stderr).toBe('error: no baseline\nresults/baseline is empty [2J\nnpm run gate -- --update\n')
    expect(readFileSync(join(root, 'summary.md'), 'utf8')).toBe(
      '## Performance gate, no verdict\n\n**no baseline**\n\nresults/baseline is empty &#91;2J\n\nnpm run gate -- --update\n\n',
    )
    expect(readFileSync(join(root, 'output'), 'utf8')).toMatch(
      /^verdict<<(end-.*)\nrefused\n\1\nexit-code<<\1\n3\n/,
    )
  })
})

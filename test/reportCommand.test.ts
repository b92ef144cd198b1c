import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { bench, type Ended, report, STEERED, startSteered, steered } from './support/steeredBench.js'

const root = mkdtempSync(join(tmpdir(), 'shootdown-report-'))
afterAll(() => rmSync(root, { recursive: true }))
let made = 0
const fresh = () => join(root, String(made++))
const read = (folder: string, file: string) => readFileSync(join(folder, file), 'utf8')
const record = (folder: string) => JSON.parse(read(folder, 'run.json'))
const rewrite = (folder: string, change: object) =>
  writeFileSync(join(folder, 'run.json'), JSON.stringify({ ...record(folder), ...change }))
/** Rows without the run that they are of, as text. */
const figures = (folder: string, file: string) =>
  parse<Record<string, string>>(read(folder, file), { columns: true }).map((row) =>
    JSON.stringify({ ...row, run_id: '' }),
  )
const measured = async (...args: string[]) => {
  const folder = fresh()
  const { code } = await steered(...args, '--out', folder)
  expect([0, 4]).toContain(code)
  return folder
}

describe('shards of one matrix', () => {
  // Two CPU counts of two workloads under three strategies: the real thing, and small.
  const MATRIX = ['--quick', '--engine', 'sim', '--cpus', '2,4', '--workload', 'munmap-storm,madvise-page']
  const [whole, first, second, merged] = [fresh(), fresh(), fresh(), fresh()]
  let ended: Ended
  beforeAll(async () => {
    for (const [folder, ...shard] of [[whole], [first, '--shard', '1/2'], [second, '--shard', '2/2']]) {
      await bench(...MATRIX, ...shard, '--out', folder)
    }
    ended = await report(first, second, '--out', merged)
  }, 60_000)

  test('put together are the whole run, apart from its id', () => {
    expect([ended.code, ended.stderr]).toEqual([0, `results: ${merged}\n`])
    expect(figures(first, 'samples.csv')).toHaveLength(12)
    expect(figures(second, 'samples.csv')).toHaveLength(12)
    expect(figures(merged, 'samples.csv').toSorted()).toEqual(figures(whole, 'samples.csv').toSorted())
    expect(figures(merged, 'summary.csv')).toEqual(figures(whole, 'summary.csv'))
  })

  test('have the plan of the whole run, and say which part they are', () => {
    const { plan } = record(whole)
    expect(plan.shard).toBe(undefined)
    expect(record(first).plan).toEqual({ ...plan, shard: '1/2' })
    expect(record(second).plan).toEqual({ ...plan, shard: '2/2' })
    expect(record(merged).plan).toEqual(plan)
    expect(record(merged).parts).toEqual([record(first), record(second)])
    expect(record(merged)).toMatchObject({ status: 'complete', started: record(first).started })
  })

  test('give the same bytes in any order, with the matrix in its order', async () => {
    const other = fresh()
    await report(second, first, '--out', other)
    for (const file of ['samples.csv', 'summary.csv', 'run.json', 'datapackage.json'])
      expect(read(other, file)).toBe(read(merged, file))
    const rows = parse(read(merged, 'samples.csv'), { columns: true }) as Record<string, string>[]
    const names = rows.map(({ strategy, workload, cpus }) => `sim/${strategy}/${workload}/${cpus}`)
    const cells = (record(whole).plan.cells as string[]).map((cell) => cell.split(' ')[0])
    expect(names).toEqual(cells.flatMap((cell) => [cell, cell]))
    expect(rows.map((row) => row['repetition'])).toEqual(cells.flatMap(() => ['0', '1']))
  })

  test('can be reported again, and merged with more', async () => {
    const table = await report(whole)
    expect(table.stderr).toBe('')
    expect(await report(merged)).toEqual(table)
    expect(await report(first, second)).toEqual(table)
    expect(await report(merged, whole)).toEqual(table)
    const alone = await report(second)
    expect([alone.code, alone.stderr]).toEqual([
      0,
      `warning: ${second}: not the whole matrix: missing shard 1/2\n`,
    ])
  })

  test('of which one is missing are merged with a warning that names it', async () => {
    const shards = [fresh(), fresh()]
    await bench(...MATRIX, '--shard', '1/4', '--out', shards[0])
    await bench(...MATRIX, '--shard', '3/4', '--out', shards[1])
    const { code, stderr } = await report(...shards)
    expect([code, stderr]).toEqual([
      0,
      'warning: the merged run: not the whole matrix: missing shards 2/4, 4/4\n',
    ])
  })
})

describe('a shard', () => {
  afterEach(() => void vi.unstubAllEnvs())

  test('without cells is a run without rows', async () => {
    const folder = fresh()
    // 2 pieces of work.
    const { code, stdout, stderr } = await steered(
      '--quick',
      '--engine',
      'sim',
      '--shard',
      '3/3',
      '--out',
      folder,
    )
    expect([code, stdout]).toEqual([0, 'Nothing was measured.\n'])
    expect(stderr).toContain('warning: shard 3/3 has nothing to measure')
    expect(figures(folder, 'samples.csv')).toEqual([])
    expect((await report(folder)).stdout).toBe('Nothing was measured.\n')
    const others = [
      await measured('--quick', '--engine', 'sim', '--shard', '1/3'),
      await measured('--quick', '--engine', 'sim', '--shard', '2/3'),
    ]
    const { stderr: words } = await report(folder, ...others)
    expect(words).toBe('')
  })

  test('taken from the environment is kept by its numbers, and resumed without it', async () => {
    for (const name of [
      'CIRCLE_NODE_INDEX',
      'BUILDKITE_PARALLEL_JOB',
      'SYSTEM_JOBPOSITIONINPHASE',
      'SLURM_ARRAY_TASK_ID',
    ])
      vi.stubEnv(name, '')
    vi.stubEnv('CI_NODE_INDEX', '2')
    vi.stubEnv('CI_NODE_TOTAL', '2')
    const folder = await measured('--quick', '--engine', 'sim', '--shard', 'auto')
    vi.stubEnv('CI_NODE_INDEX', '')
    expect(record(folder)).toMatchObject({ options: { shard: '2/2' }, plan: { shard: '2/2' } })
    const [header, ...rows] = read(folder, 'samples.csv').trimEnd().split('\n')
    expect(rows).toHaveLength(2)
    writeFileSync(join(folder, 'samples.csv'), `${header}\n${rows[0]}\n`)
    rewrite(folder, { status: 'interrupted' })
    const other = await startSteered('--resume', folder, '--shard', '1/2').ended
    expect(other.stderr).toContain('another shard: 2/2 then, 1/2 now')
    expect((await startSteered('--resume', folder).ended).code).toBe(0)
    expect(read(folder, 'samples.csv')).toBe(`${[header, ...rows].join('\n')}\n`)
  })
})

describe('one run', () => {
  test('is rendered again from its samples, in each format', async () => {
    const folder = await measured('--quick')
    const summary = read(folder, 'summary.csv')
    writeFileSync(join(folder, 'summary.csv'), 'not looked at')
    expect(await report(folder, '--format', 'csv')).toEqual({ code: 0, stdout: summary, stderr: '' })
    const json = await report(folder, '--format', 'json')
    // opTotalNs of test/fixtures/cli/child.mjs: 4000 + CPUs + repetition, over 100 operations.
    expect(JSON.parse(json.stdout).map((row: { ns_per_op: number }) => row.ns_per_op)).toEqual([
      40.03, 40.09, 40.03,
    ])
  })

  test('that was interrupted is rendered, and its torn last line left out, with a word on both', async () => {
    const folder = await measured('--engine', 'sim', '--cpus', '2,4')
    const [header, ...rows] = read(folder, 'samples.csv').trimEnd().split('\n')
    writeFileSync(join(folder, 'samples.csv'), `${[header, ...rows.slice(0, 3)].join('\n')}\n1,2026`)
    rewrite(folder, { status: 'interrupted', exit_code: 130 })
    const { code, stdout, stderr } = await report(folder)
    expect([code, stderr]).toEqual([
      0,
      `warning: ${folder} was interrupted: 3 repetitions were measured, others were not\n` +
        `warning: ${folder}: the last line of its samples.csv is cut off, and left out\n`,
    ])
    expect(stdout).toContain('2 CPUs')
    rewrite(folder, { status: 'running' })
    expect((await report(folder)).stderr).toContain('has not ended: it is still measured, or was killed')
    // And so is what it is merged to.
    const merged = fresh()
    expect((await report(folder, '--out', merged)).code).toBe(0)
    expect(record(merged).status).toBe('interrupted')
    expect((await startSteered('--resume', merged).ended).stderr).toContain('it was merged of several runs')
  })

  test.each([
    ['mode=4', 'VIOLATIONS', '2 cells broke the promise'],
    ['mode=5', 'FAILED', '2 cells with failed repetitions; samples.csv says why'],
  ])('with %s ends with 4 again', async (mode, shown, said) => {
    const folder = await measured('--quick', '--engine', 'sim', '--strategy', `${STEERED}:${mode}`)
    const { code, stdout, stderr } = await report(folder)
    expect(code).toBe(4)
    expect(stdout).toContain(shown)
    expect(stderr).toContain(`warning: ${folder}: ${said}`)
    const other = await measured('--quick', '--engine', 'sim', '--strategy', `${STEERED}:unsafe=1`)
    expect((await report(other)).code).toBe(0)
    expect((await report(other, folder)).code).toBe(4)
  })

  test('whose cells did different work compares nothing', async () => {
    const folder = await measured(
      '--engine',
      'sim',
      '--cpus',
      '2',
      '--strategy',
      `${STEERED},${STEERED}:mode=8`,
    )
    const { code, stdout, stderr } = await report(folder)
    expect([code, stdout]).toEqual([4, 'Nothing was measured.\n'])
    expect(stderr).toContain('the cells did not do the same work')
  })
})

describe('runs that cannot be put together', () => {
  const SIM = ['--engine', 'sim', '--cpus', '2']
  const THREADS = ['--engine', 'threads', '--repetitions', '1']
  let [base, threads] = ['', '']
  beforeAll(async () => {
    base = await measured(...SIM)
    threads = await measured(...THREADS)
  })
  const refusal = async (...args: string[]) => {
    const { code, stdout, stderr } = await report(...args)
    expect([code, stdout]).toEqual([3, ''])
    expect(stderr).toMatch(/^error: /)
    expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(4)
    return stderr
  }

  test.each([
    [['--seed', '2'], 'they differ in seed: 1 and 2'],
    [['--profile-set', 'memory.frames=2048'], 'they differ in profile hash: '],
    [['--fault', 'delay-interrupt:maxNs=5000'], 'they differ in fault: none and delay-interrupt:maxNs=5000'],
    [['--repetitions', '4'], 'they differ in number of repetitions for sim: 1 and 4'],
  ])('because of %j', async (args, reason) => {
    const other = ['--strategy', `${STEERED}:ops=7`, ...args]
    expect(await refusal(base, await measured(...SIM, ...other))).toContain(reason)
  })

  test.each([
    [{ cpu_model: 'another' }, 'they differ in CPU model: '],
    [{ node: 'v1.0.0' }, 'they differ in version of node: '],
  ])('on real threads because of %j; in virtual time it does not matter', async (change, reason) => {
    const other = ['--strategy', `${STEERED}:ops=7`]
    const another = await measured(...THREADS, ...other)
    const sim = await measured(...SIM, ...other)
    for (const folder of [another, sim])
      rewrite(folder, { environment: { ...record(folder).environment, ...change } })
    // The first in time: what a merged run has of its first part is of this one.
    rewrite(sim, { started: '2000-01-01T00:00:00.000Z' })
    expect(await refusal(threads, another)).toContain(reason)
    const merged = fresh()
    expect((await report(sim, threads, '--out', merged)).code).toBe(0)
    // The merged run keeps the machine of its threads.
    expect(await refusal(merged, another)).toContain(reason)
    expect(record(merged).plan.repetitions).toEqual({ sim: 1, threads: 1 })
  })

  test('because of another file of one name, or another commit', async () => {
    const folders = [base, await measured(...SIM, '--strategy', `${STEERED}:ops=7`)]
    const { plan, environment } = record(folders[1])
    rewrite(folders[1], { plan: { ...plan, modules: { ...plan.modules, [`strategy ${STEERED}`]: 'x' } } })
    expect(await refusal(...folders)).toContain(`they differ in the file of strategy ${STEERED}`)
    rewrite(folders[1], { plan, environment: { ...environment, git_commit: 'abc' } })
    expect(await refusal(...folders)).toContain('they differ in commit: ')
  })

  test('because both measured a repetition, with other figures', async () => {
    const other = await measured(...SIM)
    expect((await report(base, other)).code).toBe(0)
    // elapsedNs of test/fixtures/cli/child.mjs.
    const text = read(other, 'samples.csv')
    writeFileSync(join(other, 'samples.csv'), text.replace(',5000,', ',5001,'))
    const stderr = await refusal(base, other)
    expect(stderr).toContain('has two rows with different content')
    expect(stderr).toContain(base)
    expect(stderr).toContain(other)
  })

  test('because they did different work', async () => {
    const other = await measured(...SIM, '--strategy', `${STEERED}:mode=8`)
    expect(await refusal(base, other)).toMatch(/did not do the same work.*\n.* ran tape .* ran tape /)
  })
})

describe('bad input', () => {
  test('is refused with exit code 2', async () => {
    const run = await measured('--quick', '--engine', 'sim')
    const odd = await measured('--quick', '--engine', 'sim')
    rewrite(odd, { schema_version: 2 })
    const stray = await measured('--quick', '--engine', 'sim')
    rewrite(stray, { run_id: 'another' })
    const broken = await measured('--quick', '--engine', 'sim')
    writeFileSync(join(broken, 'run.json'), '{\n"a":\n')
    for (const [args, text] of [
      [[], 'no run is given'],
      [[join(root, 'none')], 'its run.json cannot be read'],
      [[broken], 'its run.json cannot be read'],
      [[run, `${run}/.`], 'it is given twice'],
      [[odd], 'not one of this version: schema_version'],
      [[stray], 'its samples.csv holds rows of run '],
      [[run, '--format', 'xml'], 'known: table, json, csv, github-action-benchmark, otava, otava-config'],
      [[run, '--out', root], 'the directory is not empty'],
      [[run, '--out', fresh(), '--format', 'otava'], 'are not merged'],
    ] as [string[], string][]) {
      const { code, stdout, stderr } = await report(...args)
      expect(stderr).toContain(text)
      expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(4)
      expect([code, stdout]).toEqual([2, ''])
    }
  })
})

describe('exports', () => {
  test('a history has a row for each run in order of time; a hole is said', async () => {
    const [early, late] = [
      await measured('--quick', '--engine', 'sim', '--cpus', '2'),
      await measured('--quick', '--engine', 'sim', '--cpus', '2,8'),
    ]
    rewrite(early, { started: '2026-01-02T03:04:05.678Z' })
    rewrite(late, {
      started: '2026-01-03T03:04:05.678Z',
      environment: { ...record(late).environment, git_commit: 'abc', git_dirty: true },
    })
    const { code, stdout, stderr } = await report(late, early, '--format', 'otava')
    expect([code, stderr]).toEqual([
      0,
      'warning: 6 of 12 columns are not known in every run; Otava cannot read those, and otava-config leaves them out\n',
    ])
    const rows = parse(stdout, { columns: true }) as Record<string, string>[]
    expect(rows.map((row) => row['time'])).toEqual(['2026-01-02T03:04:05.678Z', '2026-01-03T03:04:05.678Z'])
    expect(rows[1]['commit']).toBe('abc-dirty')
    const names = Object.keys(rows[0]).filter((name) => name.endsWith('_ns_per_op'))
    // 4000 + CPUs + repetition, over 100 operations.
    expect(rows.map((row) => names.map((name) => row[name]))).toEqual([
      ['40.03', ''],
      ['40.03', '40.09'],
    ])
    const config = await report(late, early, '--format', 'otava-config')
    const metrics = [...config.stdout.matchAll(/^ {6}(\S+):$/gm)].map((match) => match[1])
    expect(metrics).toEqual(Object.keys(rows[0]).slice(2, 8))
  })

  test('for github-action-benchmark is JSON alone on stdout', async () => {
    const { stdout } = await report(await measured('--quick'), '--format', 'github-action-benchmark')
    // 2 cells in virtual time with 6 figures each, and one of real threads.
    expect(JSON.parse(stdout)).toHaveLength(13)
  })
})

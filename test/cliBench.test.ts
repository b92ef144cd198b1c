import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { column, ROOT, STEERED, steered, WORK } from './support/steeredBench.js'

const root = mkdtempSync(join(tmpdir(), 'shootdown-bench-'))
afterAll(() => rmSync(root, { recursive: true }))
let folders = 0
const fresh = () => join(root, String(folders++))
const samples = (folder: string) => join(folder, 'samples.csv')
const record = (folder: string) => JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8'))

describe('a run', () => {
  test('leaves its four files, its table on stdout, and everything else on stderr', async () => {
    const folder = fresh()
    const { code, stdout, stderr } = await steered('--quick', '--out', folder)
    expect(code).toBe(0)
    expect(stdout).toContain(`sim | ${WORK} | 8 CPUs`)
    expect(stderr).toContain(`results: ${folder}\n`)
    expect(stderr).not.toContain('\r')
    for (const file of ['samples.csv', 'summary.csv', 'run.json', 'datapackage.json'])
      expect(existsSync(join(folder, file))).toBe(true)
    // 3 cells, each with its verified and one measured repetition; sim comes first.
    expect(column(samples(folder), 'engine')).toEqual(['sim', 'sim', 'sim', 'sim', 'threads', 'threads'])
    expect(column(join(folder, 'summary.csv'), 'cpus')).toEqual(['2', '8', '2'])
    expect(column(samples(folder), 'params')).toEqual(Array(6).fill('strategy.ops=10'))
    const run = record(folder)
    expect(run).toMatchObject({ status: 'complete', exit_code: 0, argv: expect.arrayContaining(['--quick']) })
    expect(run.environment.node).toBe(process.version)
    expect(run.interval_coverage).toEqual({ sim: null, threads: null })
  })

  test('writes its rows in the order of the plan, also when they end in another', async () => {
    const [even, uneven] = [fresh(), fresh()]
    const cells = ['--engine', 'sim', '--cpus', '2,4,8', '--repetitions', '2']
    await steered(...cells, '--out', even)
    await steered(...cells, '--out', uneven, '--strategy', `${STEERED}:delayMs=300`)
    const order = (folder: string) =>
      column(samples(folder), 'cpus').map(
        (cpus, at) => `${cpus} ${column(samples(folder), 'repetition')[at]}`,
      )
    expect(order(uneven)).toEqual(order(even))
    expect(order(even)).toHaveLength(9)
  })

  test('of the same seed has the same bytes but for its id, of another seed another order', async () => {
    const bytes = async (seed: string) => {
      const folder = fresh()
      await steered('--engine', 'sim', '--seed', seed, '--out', folder)
      return readFileSync(samples(folder), 'utf8')
        .replaceAll(record(folder).run_id, 'ID')
        .replaceAll(`,${seed},tape`, ',SEED,tape')
    }
    expect(await bytes('5')).toBe(await bytes('5'))
    expect(await bytes('6')).not.toBe(await bytes('5'))
  })

  test('prints its summary as it was written with --format csv, and as JSON', async () => {
    const folder = fresh()
    const csv = await steered('--quick', '--out', folder, '--format', 'csv')
    expect(csv.stdout).toBe(readFileSync(join(folder, 'summary.csv'), 'utf8'))
    const json = await steered('--quick', '--out', fresh(), '--format', 'json')
    expect(JSON.parse(json.stdout)).toHaveLength(3)
  })

  test('whose reader has seen enough does not crash', async () => {
    const command = `"${process.execPath}" test/fixtures/cli/bench.mjs --quick --strategy ${STEERED} --workload ${WORK} --out ${fresh()}`
    const child = spawn('bash', ['-c', `${command} | true; exit \${PIPESTATUS[0]}`], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let stderr = ''
    child.stderr.on('data', (text: Buffer) => void (stderr += text.toString()))
    const code = await new Promise((settle) => child.on('close', settle))
    expect(stderr).not.toContain('EPIPE')
    expect(code).toBe(0)
  })
})

describe('what must not happen', () => {
  test('a violation fails the run and prints the command that shows it again', async () => {
    const folder = fresh()
    const strategy = `${STEERED}:mode=4;only=0`
    const { code, stdout, stderr } = await steered(
      '--quick',
      '--engine',
      'sim',
      '--cpus',
      '2',
      '--strategy',
      strategy,
      '--seed',
      '3',
      '--profile-set',
      'memory.frames=2048',
      '--out',
      folder,
    )
    expect(code).toBe(4)
    expect(stdout).toContain('VIOLATIONS 5')
    expect(stderr).toContain('repetition 0, seed 3')
    expect(stderr).toContain(
      'I1 at CPU 1, page 77 of space 1, step 42: the frame has a new owner\n  and 4 more',
    )
    const command = `--engine sim --strategy '${STEERED}:mode=4;only=0;ops=10' --workload ${WORK} --cpus 2 --seed 3 --profile-set memory.frames=2048 --repetitions 1`
    expect(stderr).toContain(`reproduce: npm run bench -- ${command}\n`)
    expect(record(folder)).toMatchObject({
      status: 'failed',
      exit_code: 4,
      failures: [{ cell: `sim/${STEERED}/${WORK}/2` }],
    })
    // And the command does what it says.
    const again = fresh()
    const shell = spawn(
      'bash',
      ['-c', `"${process.execPath}" test/fixtures/cli/bench.mjs ${command} --out ${again}`],
      { cwd: ROOT, stdio: 'ignore' },
    )
    expect(await new Promise((settle) => shell.on('close', settle))).toBe(4)
    expect(column(samples(again), 'violations').toSorted()).toEqual(['0', '5'])
  })

  test('under contract none it is counted and fails nothing', async () => {
    const folder = fresh()
    const { code, stdout, stderr } = await steered(
      '--quick',
      '--strategy',
      `${STEERED}:mode=4;unsafe=1`,
      '--out',
      folder,
    )
    expect(code).toBe(0)
    expect(stdout).toContain('violations 10 (contract none promises nothing)')
    expect(stderr).not.toContain('reproduce')
  })

  test('a child that dies fails its cell; the other cells still run', async () => {
    const folder = fresh()
    const { code, stderr } = await steered(
      '--engine',
      'sim',
      '--cpus',
      '2,4',
      '--strategy',
      `${STEERED}:mode=2,${STEERED}`,
      '--out',
      folder,
    )
    expect(code).toBe(4)
    expect(stderr).toContain('its process ended without an answer (signal SIGSEGV)')
    expect(column(samples(folder), 'failure').filter((text) => text === '')).toHaveLength(4)
    expect(column(samples(folder), 'failure').filter((text) => text !== '')).toHaveLength(4)
  })

  test('a hang fails its cell and tells the state of each CPU', async () => {
    const { code, stderr } = await steered(
      '--engine',
      'threads',
      '--strategy',
      `${STEERED}:mode=5;only=1`,
      '--out',
      fresh(),
    )
    expect(code).toBe(4)
    expect(stderr).toContain('CPU 1: waits for word 64')
  })

  test('cells that did not do the same work are named, and nothing is compared', async () => {
    const { code, stdout, stderr } = await steered(
      '--engine',
      'sim',
      '--cpus',
      '2',
      '--strategy',
      `${STEERED},${STEERED}:mode=8`,
      '--out',
      fresh(),
    )
    expect(code).toBe(4)
    expect(stderr).toContain('the cells did not do the same work')
    expect(stderr).toMatch(/ran tape tape-28-2, .* ran tape other-|ran tape other-.* ran tape tape-28-2/)
    expect(stdout).toBe('Nothing was measured.\n')
  })

  test('more CPUs than cores, or than the profile has, are said', async () => {
    const { stderr } = await steered(
      '--cpus',
      '64',
      '--engine',
      'threads',
      '--repetitions',
      '1',
      '--out',
      fresh(),
    )
    expect(stderr).toContain('oversubscribed: threads with 64 CPUs')
    const beyond = fresh()
    const { stderr: words } = await steered('--cpus', '128', '--engine', 'sim', '--out', beyond)
    expect(words).toContain('extrapolated: 128 CPUs')
    expect(column(samples(beyond), 'extrapolated')).toEqual(['true', 'true'])
  })
})

import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import {
  childrenOf,
  column,
  groupOf,
  ROOT,
  startSteered,
  STEERED,
  steered,
  until,
  WORK,
} from './support/steeredBench.js'

const root = mkdtempSync(join(tmpdir(), 'shootdown-stop-'))
afterAll(() => rmSync(root, { recursive: true }))
let folders = 0
const fresh = () => join(root, String(folders++))
const samples = (folder: string) => join(folder, 'samples.csv')
const record = (folder: string) => JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8'))

/** Puts the slow repetition, which is number 0, first in the plan. */
const SEED = '3'

describe('a signal', () => {
  test('stops the run, keeps what was measured, leaves no process, and --resume does the rest', async () => {
    const folder = fresh()
    // The verified repetitions would take long; the others end at once, and with this seed wait for the first row.
    const slow = [
      '--strategy',
      `${STEERED}:delayMs=4000`,
      '--workload',
      WORK,
      '--engine',
      'sim',
      '--seed',
      SEED,
    ]
    const { process: child, ended } = startSteered(
      ...slow,
      '--cpus',
      '2',
      '--repetitions',
      '4',
      '--out',
      folder,
    )
    await until(
      () => childrenOf(child.pid!).length === 2,
      'two processes: the slow one and the one for all others',
    )
    // The fast ones answer at once; nothing outside tells when all four have.
    await new Promise((wake) => setTimeout(wake, 1000))
    expect(column(samples(folder), 'repetition')).toEqual([])
    const seen = childrenOf(child.pid!)
    expect(seen.length).toBe(2)
    // npm passes on the Ctrl-C that the terminal has sent already.
    for (let times = 0; times < 3; times++) {
      child.kill('SIGINT')
      await new Promise((wake) => setTimeout(wake, 1))
    }
    const { code, stdout, stderr } = await ended
    expect([code, stdout]).toEqual([130, ''])
    expect(seen.filter((id) => existsSync(`/proc/${id}`))).toEqual([])
    expect(column(samples(folder), 'repetition').toSorted()).toEqual(['1', '2', '3', '4'])
    expect(stderr).toContain(`interrupted: 4 of 5 repetitions are kept in ${folder}\n`)
    expect(stderr).toContain(`npm run bench -- --resume ${folder}\n`)
    expect(column(join(folder, 'summary.csv'), 'repetitions')).toEqual(['4'])
    expect(record(folder)).toMatchObject({ status: 'interrupted', exit_code: 130 })

    const other = await startSteered('--resume', folder, '--cpus', '4').ended
    expect(other.code).toBe(2)
    expect(other.stderr).toContain('another cell 1: ')
    const seed = await startSteered('--resume', folder, '--seed', '99').ended
    expect(seed.stderr).toContain(`another seed: ${SEED} then, 99 now`)

    // As a crash in the middle of a row leaves it.
    appendFileSync(samples(folder), '1,2026')
    const rest = await startSteered('--resume', folder).ended
    expect(rest.code).toBe(0)
    expect(column(samples(folder), 'repetition').toSorted()).toEqual(['0', '1', '2', '3', '4'])
    expect(new Set(column(samples(folder), 'run_id'))).toEqual(new Set([record(folder).run_id]))
    const done = await startSteered('--resume', folder).ended
    expect(done.code).toBe(2)
    expect(done.stderr).toContain('this run is complete')
  })

  test.each(['SIGTERM', 'SIGHUP'] as const)('may be %s', async (name) => {
    const folder = fresh()
    const hangs = ['--strategy', `${STEERED}:mode=3`, '--workload', WORK]
    const { process: child, ended } = startSteered(...hangs, '--out', folder)
    await until(() => childrenOf(child.pid!).length > 0, 'the first child')
    child.kill(name)
    expect((await ended).code).toBe(130)
    expect(column(samples(folder), 'repetition')).toEqual([])
    expect(record(folder).status).toBe('interrupted')
  })
})

describe('--resume', () => {
  test('refuses a folder of another version, a changed strategy, and --out', async () => {
    const folder = fresh()
    const strategy = join(root, 'own.mjs')
    writeFileSync(strategy, readFileSync(join(ROOT, STEERED)))
    await steered('--quick', '--strategy', strategy, '--out', folder)
    const run = record(folder)
    const rewrite = (change: object) =>
      writeFileSync(join(folder, 'run.json'), JSON.stringify({ ...run, status: 'interrupted', ...change }))

    rewrite({ schema_version: 2 })
    expect((await startSteered('--resume', folder).ended).stderr).toContain(
      'not one of this version: schema_version',
    )
    rewrite({ environment: { ...run.environment, node: 'v1.0.0' } })
    expect((await startSteered('--resume', folder).ended).stderr).toContain(
      'another version of node: v1.0.0 then',
    )
    rewrite({})
    expect((await startSteered('--resume', folder, '--out', fresh()).ended).stderr).toContain(
      '--out with --resume',
    )
    expect((await startSteered('--resume', folder).ended).stderr).toContain('nothing is left to measure')
    appendFileSync(strategy, '\n// changed\n')
    expect((await startSteered('--resume', folder).ended).stderr).toContain('its file has changed')
  })
})

describe('the death of the parent', () => {
  test('ends its children', async () => {
    const { process: child, ended } = startSteered(
      '--strategy',
      `${STEERED}:mode=3`,
      '--workload',
      WORK,
      '--out',
      fresh(),
    )
    await until(() => childrenOf(child.pid!).length > 0, 'the first child')
    const ids = childrenOf(child.pid!)
    const [groups, parentGroup] = [ids.map(groupOf), groupOf(child.pid!)]
    child.kill('SIGKILL')
    await ended
    // Out of reach of the terminal's Ctrl-C, also before they have begun to ignore it.
    expect(groups).not.toContain(parentGroup)
    await until(() => ids.every((id) => !existsSync(`/proc/${id}`)), 'the end of the children')
  })
})

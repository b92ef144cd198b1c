import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { SAMPLE_COLUMNS } from '../dist/src/records/sampleColumns.js'
import { SUMMARY_COLUMNS } from '../dist/src/records/summaryColumns.js'
import { readCsv } from '../dist/src/records/csvReader.js'
import { bench } from './support/steeredBench.js'

const root = mkdtempSync(join(tmpdir(), 'shootdown-faults-'))
afterAll(() => rmSync(root, { recursive: true }))
let folders = 0
const fresh = () => join(root, String(folders++))

const CELL = ['--quick', '--engine', 'sim', '--cpus', '4', '--workload', 'munmap-storm'] as const
const run = async (...args: string[]) => {
  const folder = fresh()
  const ended = await bench(...CELL, ...args, '--out', folder)
  return { ...ended, folder, record: () => JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) }
}
const samples = (folder: string) => readCsv(join(folder, 'samples.csv'), SAMPLE_COLUMNS).rows
const summary = (folder: string) => readCsv(join(folder, 'summary.csv'), SUMMARY_COLUMNS).rows

describe('--fault', () => {
  test('is in every row, in the title, in a footnote and in run.json', async () => {
    const typed = 'stall-cpu,delay-interrupt:percent=100;maxNs=5000'
    const canonical = 'delay-interrupt:maxNs=5000,stall-cpu'
    const { code, stdout, stderr, folder, record } = await run('--fault', typed, '--strategy', 'batched')
    expect(code).toBe(0)
    expect(samples(folder).map((row) => row.fault)).toEqual([canonical, canonical])
    expect(summary(folder).map((row) => row.fault)).toEqual([canonical])
    expect(stdout).toContain(`seed 1 | fault ${canonical}`)
    expect(stdout).toMatch(/\nfault: disturbed on purpose;/)
    expect(stderr).toContain(`warning: fault ${canonical}: `)
    expect(record()).toMatchObject({ options: { fault: typed }, plan: { fault: canonical } })
  })

  test('without it nothing of that is there', async () => {
    const { stdout, folder, record } = await run('--strategy', 'batched')
    expect(samples(folder).map((row) => row.fault)).toEqual(['', ''])
    expect(stdout).not.toContain('fault')
    expect(record().plan.fault).toBe('')
  })

  test('of one seed strikes at the same places in every run', async () => {
    const figures = async () => {
      const { folder } = await run('--fault', 'delay-interrupt,interrupts-off', '--strategy', 'immediate')
      return samples(folder).map((row) => ({ ...row, run_id: '' }))
    }
    expect(await figures()).toEqual(await figures())
  })
})

describe('a run that a fault stops', () => {
  const LOSS = ['--strategy', 'immediate,lazy', '--fault', 'lose-interrupt:nth=2'] as const

  test('names the cell, tells who waits for whom, measures the others, and ends with 4', async () => {
    const { code, stdout, stderr, folder, record } = await run(...LOSS)
    expect(code).toBe(4)
    expect(stderr).toContain('sim/immediate/munmap-storm/4 (workload.ops=8) failed: repetition 0')
    expect(stderr).toContain('CPU 0 waits for an acknowledgement of CPU 2, whose interrupt was lost\n')
    const command =
      '--engine sim --strategy immediate --workload munmap-storm:ops=8 --cpus 4 --seed 1 --fault lose-interrupt:nth=2 --repetitions 1'
    expect(stderr).toContain(`reproduce: npm run bench -- ${command}\n`)
    // Nobody is to blame for a lost interrupt: the strategy has broken no promise.
    expect(stdout).toContain('immediate  FAILED: 2 repetitions')
    expect(stdout).not.toContain('VIOLATIONS')
    const lazy = samples(folder).filter((row) => row.strategy === 'lazy')
    expect(lazy.map((row) => [row.ops, row.failure])).toEqual([
      [8, ''],
      [8, ''],
    ])
    expect(record().failures[0]).toMatchObject({ violation_count: 0, cpu_states: expect.any(Array) })
    // And the command does what it says.
    const again = await bench(...command.split(' '), '--out', fresh())
    expect(again.code).toBe(4)
    expect(again.stderr).toContain('CPU 2, whose interrupt was lost')
  })

  test('goes on with the same fault, and with no other', async () => {
    const { folder } = await run(...LOSS)
    const path = join(folder, 'run.json')
    const record = JSON.parse(readFileSync(path, 'utf8'))
    writeFileSync(path, JSON.stringify({ ...record, status: 'interrupted' }))
    const [header, ...rows] = readFileSync(join(folder, 'samples.csv'), 'utf8').trimEnd().split('\n')
    writeFileSync(join(folder, 'samples.csv'), `${header}\n${rows[0]}\n`)
    const other = await bench('--resume', folder, '--fault', 'delay-interrupt')
    expect(other.code).toBe(2)
    expect(other.stderr).toContain('another fault: lose-interrupt:nth=2 then, delay-interrupt now')
    const same = await bench('--resume', folder)
    expect(same.code).toBe(4)
    expect(samples(folder).map((row) => row.fault)).toEqual(Array(4).fill('lose-interrupt:nth=2'))
    expect(summary(folder)).toHaveLength(2)
  })
})

describe('refused, with one error and nothing measured', () => {
  test.each([
    ['lose-interupt', "unknown fault 'lose-interupt'", 'did you mean lose-interrupt?'],
    ['stall-cpu:maxU=3', "unknown parameter 'maxU'", 'did you mean maxUs?'],
    ['stall-cpu:maxUs=0', 'maxUs is 0, outside 1 to 100000 us', 'for example maxUs=1'],
    ['no-tick:cpu=1', 'it has no parameters, so cpu cannot be set', 'leave the parameters out'],
    ['stall-cpu,stall-cpu', 'stall-cpu is given twice', 'give it once'],
    ['delay-interrupt:minNs=20000', 'minNs 20000 is above maxNs 10000', 'for example minNs=10000'],
    ['kill-worker:cpu=4', 'there is no CPU 4 in a cell of 4', 'for example --cpus 5'],
    ['no-tick', 'strategy batched takes no ticks', 'for example --strategy lazy'],
    ['', 'an entry of the list is empty', 'separate entries by one comma'],
  ])('%s', async (text, reason, remedy) => {
    const { code, stdout, stderr } = await run('--fault', text, '--strategy', 'batched,lazy')
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain(reason)
    expect(stderr).toContain(remedy)
    expect(
      stderr
        .trimEnd()
        .split('\n')
        .filter((line) => !line.startsWith('npm')).length,
    ).toBeLessThanOrEqual(4)
  })

  test('too few CPUs', async () => {
    const { code, stderr } = await run('--fault', 'reorder-interrupt', '--cpus', '2')
    expect(code).toBe(2)
    expect(stderr).toContain('2 CPUs are too few')
  })
})

test('--list faults shows each with its parameters', async () => {
  const { code, stdout } = await bench('--list', 'faults')
  expect(code).toBe(0)
  expect(stdout).toMatch(/^faults\n {2}delay-interrupt +interrupts arrive later/)
  expect(stdout).toContain('      maxNs=10000 ns (0 to 100000000): largest delay\n')
  const json = JSON.parse((await bench('--list', 'faults', '--format', 'json')).stdout)
  expect(json.faults.map((entry: { name: string }) => entry.name)).toContain('no-tick')
})

import { spawn } from 'node:child_process'
import { parse } from 'csv-parse/sync'
import { describe, expect, test } from 'vitest'
import { EXPLORATIONS } from '../dist/bench/explorations.js'
import { overrideCase } from '../dist/src/harness/explore/exploreOptions.js'
import { ROOT } from './support/runCell.js'

interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

/** The compiled script, as npm runs it. */
function explore(args: readonly string[], onProgress?: (stop: () => void) => void): Promise<Ended> {
  const child = spawn(process.execPath, ['dist/scripts/explore.js', ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  let isStopped = false
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    if (onProgress === undefined || isStopped || !/; \d+ left\n/.test(stderr)) return
    isStopped = true
    onProgress(() => child.kill('SIGINT'))
  })
  return new Promise((settle) => child.on('close', (code) => settle({ code, stdout, stderr })))
}

const fixture = (name: string) => `./test/fixtures/strategies/${name}.mjs`
const SMALL = ['--case', 'pool-1', '--operations', '1', '--pages', '1']

describe('bad input', () => {
  const ONE = ['--strategy', 'immediate', '--case', 'pool-1']
  test.concurrent.each<[string[], ...string[]]>([
    [['--case', 'pool1'], "unknown case 'pool1'", 'pool-1'],
    [['--strategy', 'imediate'], "unknown strategy 'imediate'", 'immediate'],
    [['--alphabet', 'advise,tuch'], "unknown operation 'tuch'", 'touch'],
    [['--preempt', 'hook'], "unknown preemption 'hook'", 'hooks'],
    [['--fills', 'early'], 'early', 'anytime'],
    [['--cpus', '9'], 'outside 1 to 4'],
    [['--cpus', 'two'], '--cpus', 'not a whole number'],
    [['--ticks', '-1'], '--ticks'],
    [['--budget', '0'], '--budget', 'outside 1 to'],
    [['--max-states', '1.5'], '--max-states'],
    [['--format', 'xml'], 'known: table, json, csv'],
    [['--replay', '0o0'], '--replay', 'one strategy and one case'],
    [['--replay', '0o0', '--strategy', 'immediate'], 'one strategy and one case'],
    [[...ONE, '--replay', '0o0.what'], "a step that is none: 'what'"],
    [[...ONE, '--replay', '0o0.1r'], 'step 2 (1r) is not possible'],
    [[...ONE, '--replay', '0o0/9'], 'step 1 (0o0/9) is not possible'],
    [[...ONE, '--replay', '0o77'], 'step 1 (0o77) is not possible'],
    [['pool-1'], "unexpected argument 'pool-1'"],
  ])('%j', async (args, ...texts) => {
    const { code, stdout, stderr } = await explore(args)
    for (const text of texts) expect(stderr).toContain(text)
    const message = stderr.slice(stderr.indexOf('error: '))
    expect(message).toMatch(/^error: /)
    expect(message.trimEnd().split('\n').length).toBeLessThanOrEqual(4)
    expect([code, stdout]).toEqual([2, ''])
  })
})

describe('a run', () => {
  test('that finds nothing ends with 0, in each format', async () => {
    const args = ['--strategy', 'immediate', ...SMALL]
    const [table, json, csv] = await Promise.all(
      ['table', 'json', 'csv'].map((format) => explore([...args, '--format', format])),
    )
    expect([table.code, json.code, csv.code]).toEqual([0, 0, 0])
    expect(table.stdout).toMatch(/^strategy +case +size .*\nimmediate +pool-1 +2x1x1 +hooks .* complete\n$/)
    const [{ job, answer }] = JSON.parse(json.stdout)
    expect([job.case.operationCount, answer.exploration.end]).toEqual([1, 'complete'])
    const [row] = parse(csv.stdout, { columns: true }) as Record<string, string>[]
    expect(row).toMatchObject({ strategy: 'immediate', case: 'pool-1', size: '2x1x1', outcome: 'complete' })
    expect(row['states']).toBe(String(answer.exploration.states))
  })

  test.each([
    ['never-flush', []],
    ['early-settle', ['--preempt', 'none', '--spurious', '1']],
    ['stuck', ['--no-symmetry']],
    ['never-flush', ['--break-before-make']],
  ])('that finds something ends with 4 and a command that finds it again: %s', async (name, more) => {
    const ran = await explore(['--strategy', fixture(name), ...SMALL, ...more])
    expect(ran.code).toBe(4)
    const finding = /^.* pool-1: (I\d+: )?(.*)$/m.exec(ran.stderr.slice(ran.stderr.indexOf('\n\n')))?.[2]
    expect(ran.stderr).toMatch(/^step {2}CPU {2}action; what it changes$/m)
    const printed = /^reproduce: npm run explore -- (.*)$/m.exec(ran.stderr)?.[1] ?? ''
    const again = await explore(printed.split(' ').map((word) => word.replaceAll("'", '')))
    expect(again.code).toBe(4)
    expect(again.stdout).toMatch(/^step {2}CPU {2}action/)
    expect(finding).toBeTruthy()
    expect(again.stderr).toContain(finding)
  })

  test('--break-before-make changes the machine of the case, and is printed again', () => {
    const [plain] = EXPLORATIONS.cases
    const { plan, typed } = overrideCase({ breakBeforeMake: true }, plain)
    expect([plain.breaksBeforeMake, plan.breaksBeforeMake]).toEqual([false, true])
    expect(typed).toEqual(['--break-before-make'])
  })

  test('of a strategy that promises nothing never fails', async () => {
    const ran = await explore(['--strategy', `${fixture('never-flush')}:unsafe=1`, ...SMALL])
    expect(ran.code).toBe(0)
  })

  test('that its budget ends is bounded, and passes', async () => {
    const ran = await explore(['--strategy', 'immediate', '--case', 'pool-2', '--max-states', '5000'])
    expect([ran.code, ran.stdout]).toEqual([0, expect.stringContaining('bounded: 5,000 states')])
  })

  test('that is interrupted shows what has ended', async () => {
    const strategies = `${fixture('never-flush')},lazy`
    const args = ['--strategy', strategies, '--case', 'pool-2', '--operations', '6', '--no-shorten']
    const ran = await explore(args, (stop) => stop())
    expect(ran.code).toBe(130)
    expect(ran.stdout).toMatch(/never-flush.* I11 in \d+ steps/)
    expect(ran.stderr).toContain('interrupted: 1 of 2 searches are missing')
  })

  test('--list shows the cases', async () => {
    const { code, stdout } = await explore(['--list'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^pool-1 +\S/m)
  })
})

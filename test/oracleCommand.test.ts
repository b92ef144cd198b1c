import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { bench, column, ROOT, type Ended } from './support/steeredBench.js'

const root = mkdtempSync(join(tmpdir(), 'shootdown-oracle-'))
afterAll(() => rmSync(root, { recursive: true }))
let folders = 0
const fresh = () => join(root, String(folders++))

const CELL = ['--engine', 'sim', '--workload', 'munmap-storm', '--cpus', '2', '--quick']
const planted = (name: string) => `./test/fixtures/strategies/${name}.mjs`

/** The line of the first violation. */
const firstViolation = ({ stderr }: Ended) => /^ {2}I\d+ at CPU .*$/m.exec(stderr)?.[0]

/** The command that a run prints, as a user pastes it, but for the build in front. */
function again(printed: string, folder: string): Promise<Ended> {
  const command = printed.replace('npm run bench --', `"${process.execPath}" dist/scripts/bench.js`)
  const shell = spawn('bash', ['-c', `${command} --out ${folder}`], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  shell.stdout.setEncoding('utf8').on('data', (text: string) => void (stdout += text))
  shell.stderr.setEncoding('utf8').on('data', (text: string) => void (stderr += text))
  return new Promise((settle) => shell.on('close', (code) => settle({ code, stdout, stderr })))
}

/** As printed. */
const NEEDS_LUCK = '(real threads: repeat until it shows)'

describe('the command, given a strategy that breaks its promise', () => {
  test.each(['never-flush', 'early-settle', 'clear-before-flush'])('%s', async (name) => {
    const ran = await bench(...CELL, '--strategy', planted(name), '--out', fresh())
    expect(ran.code).toBe(4)
    const violation = firstViolation(ran)
    expect(violation).toMatch(name === 'early-settle' ? /^ {2}I11 at/ : /^ {2}I(1|2|6|11) at/)
    const printed = /reproduce: (npm run bench -- .*)$/m.exec(ran.stderr)?.[1] ?? ''
    expect(printed).toContain(`--strategy ${planted(name)}`)
    expect(ran.stderr).not.toContain(NEEDS_LUCK)
    const repeated = await again(printed, fresh())
    expect(repeated.code).toBe(4)
    expect(firstViolation(repeated)).toBe(violation)
  })

  test('on real threads it says that it takes luck to see it again', async () => {
    const cell = CELL.map((word) => (word === 'sim' ? 'threads' : word))
    const ran = await bench(...cell, '--strategy', planted('never-flush'), '--out', fresh())
    expect(ran.code).toBe(4)
    expect(ran.stderr).toMatch(
      /reproduce: npm run bench -- .*\n {2}\(real threads: repeat until it shows\)\n/,
    )
  })

  test('under contract none: counted, shown, not ranked, and no failure', async () => {
    const folder = fresh()
    const strategies = `immediate,${planted('never-flush')}:unsafe=1`
    const ran = await bench(...CELL, '--strategy', strategies, '--out', folder)
    expect(ran.code).toBe(0)
    expect(ran.stderr).not.toContain('reproduce')
    const summary = join(folder, 'summary.csv')
    const contracts = column(summary, 'contract')
    const unsafe = contracts.indexOf('none')
    expect(contracts.toSorted()).toEqual(['none', 'return'])
    expect(Number(column(summary, 'violations')[unsafe])).toBeGreaterThan(0)
    expect(column(summary, 'violations')[1 - unsafe]).toBe('0')
    expect(ran.stdout).toContain('contract none promises nothing')
    expect(readFileSync(join(folder, 'run.json'), 'utf8')).toContain('"status": "complete"')
  })
})

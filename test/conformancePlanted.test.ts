import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { foundIn, OUT_OF_FRAMES } from '../dist/src/testing/checkResult.js'
import { CHECKS } from '../dist/src/testing/checks.js'
import { conform } from '../dist/src/testing/conform.js'
import { countedTicks } from '../dist/src/testing/countedTicks.js'
import { stepCountOf } from '../dist/src/testing/script.js'
import { stress } from '../dist/src/testing/stress.js'
import { loadSubjects } from '../dist/src/testing/subject.js'
import { ROOT } from './support/runCell.js'

const planted = (name: string) =>
  name.endsWith('.js') ? name : `./test/fixtures/strategies/${name.replace(/(?=:)|$/, '.mjs')}`
/** Needs an instant between two accesses of one hook, which nothing but the explorer hits. */
const WAKES_PAST = './dist/src/testing/defects/wakes-past-request.js'

function checkNamed(name: string) {
  const check = CHECKS.find((one) => one.name === name)
  if (check === undefined) throw new Error(`no check ${name}`)
  return check
}

async function verdictOf(spec: string, name: string, tapes: number, shrinkMs = 0) {
  const [subject] = await loadSubjects(spec)
  const check = checkNamed(name)
  const every = check.every === 'once' ? 1 : check.every
  return conform(subject, { check, tapes: tapes * every, seed: 1, shrinkMs })
}

describe('what is planted is caught, and by the check that is there for it', () => {
  test.each<[string, string, RegExp]>([
    ['never-flush', 'oracle', /^I(1|2|3|6|11): /],
    ['early-settle', 'oracle', /^I11: /],
    ['clear-before-flush', 'oracle', /^I\d+: /],
    ['stuck', 'alone', /^I8: no CPU can go on/],
    ['careless:defect=1', 'recreated', /^I(1|2|3|6|8|9|11): |figures differ/],
    ['unsigned', 'wrap', /^serials after -5: I\d+: /],
    ['naive-order', 'wrap', /^serials after 2147483642: I\d+: /],
    ['careless:defect=2', 'spurious', /nobody asks for anything/],
    ['careless:defect=3', 'same', /^hook \d+ differs: /],
    ['careless:defect=4', 'alone', /^I8: no CPU can go on/],
    ['careless', 'bounds', /^limit=1: /],
    ['careless:defect=5', 'differential', /^pagesInvalidated: \d+ in sim, \d+ on threads$/],
    ['never-flush', 'threads', /^I\d+: /],
    [WAKES_PAST, 'explore', /^I(6|11): .* \(case idle in hooks\)$/],
  ])('%s by %s', async (name, check, fault) => {
    const { failure } = await verdictOf(planted(name), check, 40)
    expect(failure?.faults[0]).toMatch(fault)
    expect(failure?.command).toMatch(
      check === 'explore'
        ? /^npm run explore -- --strategy .* --replay \S+$/
        : /^npm run conform -- --strategy .* --check \w+ --tape \S+$/,
    )
  })

  test.each([
    ['naive-order', ['oracle', 'spurious', 'recreated', 'same', 'alone', 'bounds']],
    [WAKES_PAST, ['oracle', 'wrap', 'spurious', 'recreated', 'same', 'alone', 'bounds']],
  ])('%s is caught by nothing else', async (name, checks) => {
    for (const check of checks) expect((await verdictOf(planted(name), check, 8)).failure).toBeNull()
  })

  test('a failing tape is made as small as it can be', async () => {
    const { failure } = await verdictOf(planted('early-settle'), 'oracle', 40, 10_000)
    // One change of a page that another CPU reads.
    expect(failure?.script ? stepCountOf(failure.script) : Infinity).toBeLessThanOrEqual(2)
  })

  test('correct strategies with other tickets and spurious interrupts pass', async () => {
    for (const spec of ['spurious:inner=2', 'tickets:mode=1', 'tickets:mode=2', 'careless'])
      expect((await verdictOf(planted(spec), 'oracle', 15)).failure).toBeNull()
  })

  test('ticks that cannot be kept away leave nothing to be compared', async () => {
    const { module, ...lazy } = (await loadSubjects('lazy'))[0]
    const ticking = { ...module, assumes: () => ({ timeless: false, tickNs: 1000 }) }
    expect(countedTicks({ ...lazy, module: ticking })).toBeNull()
    const verdict = await conform(
      { ...lazy, module: ticking },
      { check: checkNamed('differential'), tapes: 40, seed: 1, shrinkMs: 0 },
    )
    expect(verdict).toMatchObject({ tapes: 2, idle: 2, failure: null })
    expect(verdict.reason).toBe('no parameter keeps the ticks of the clock away')
  })

  test('what was not compared is not counted as passed', async () => {
    // Fails as it is on most tapes; on the others it is compared.
    const recreated = await verdictOf(planted('never-flush'), 'recreated', 10)
    expect(recreated.reason).toBe('it fails already as it is')
    expect(recreated.idle).toBeGreaterThan(5)
    expect(recreated.failure).toBeNull()
    expect(await verdictOf('immediate', 'bounds', 3)).toMatchObject({
      idle: 3,
      reason: 'it has no parameters',
    })
    // A run that ended for want of frames; none of the first thousand tapes does in virtual time.
    expect(foundIn({ result: null, faults: [] })).toMatchObject({ faults: [], nothing: OUT_OF_FRAMES })
    expect(foundIn({ result: null, faults: ['I8: x'] })).toMatchObject({ faults: ['I8: x'], nothing: null })
  })
})

/** A command line, as a user types it, but for the build in front. */
function run(line: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const command = line.replace(/^npm run (\w+) --/, `"${process.execPath}" dist/scripts/$1.js`)
  const shell = spawn('bash', ['-c', command], { cwd: resolve(ROOT), stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  shell.stdout.setEncoding('utf8').on('data', (text: string) => void (stdout += text))
  shell.stderr.setEncoding('utf8').on('data', (text: string) => void (stderr += text))
  return new Promise((settle) => shell.on('close', (code) => settle({ code, stdout, stderr })))
}

describe('the commands', () => {
  test('conform prints a command that finds the same again', async () => {
    const ran = await run(
      `npm run conform -- --strategy ${planted('early-settle')} --check oracle --tapes 20`,
    )
    expect(ran.code).toBe(4)
    const fault = /^ {2}I11: .*$/m.exec(ran.stderr)?.[0]
    expect(fault).toBeDefined()
    const printed = /reproduce: (npm run conform -- .*)$/m.exec(ran.stderr)?.[1] ?? ''
    const again = await run(printed)
    expect(again.code).toBe(4)
    expect(again.stderr).toContain(fault)
  })

  test('conform passes a correct strategy', async () => {
    const ran = await run('npm run conform -- --strategy immediate --tapes 4 --check oracle,alone')
    expect(ran.code).toBe(0)
    expect(ran.stdout).toMatch(/^immediate {2}oracle {8}passes {2}4 tapes, [\d.]+ ms each$/m)
    expect(ran.stderr).toBe('')
  })

  test('conform says where nothing was compared', async () => {
    const ran = await run('npm run conform -- --strategy immediate --check bounds')
    expect(ran.code).toBe(0)
    expect(ran.stdout).toBe('immediate  bounds        nothing to compare: it has no parameters\n')
  })

  test('what the explorer finds is printed with the command that runs its schedule again', async () => {
    const ran = await run(`npm run conform -- --strategy ${WAKES_PAST} --check explore`)
    expect(ran.code).toBe(4)
    const printed = /reproduce: (npm run explore -- .*)$/m.exec(ran.stderr)?.[1] ?? ''
    const again = await run(printed)
    expect(again.code).toBe(4)
    const finding = /^ {2}(I\d+: .*) \(case idle in hooks\)$/m.exec(ran.stderr)?.[1]
    expect(finding).toBeDefined()
    expect(again.stderr).toContain(finding?.replace(/^I\d+: /, ''))
  })

  test('on real threads a failure says that it takes luck to see it again', async () => {
    const ran = await run(
      `npm run conform -- --strategy ${planted('never-flush')} --check threads,oracle --tapes 60`,
    )
    const [oracle, threads] = ['oracle', 'threads'].map(
      (name) => ran.stderr.split('never-flush.mjs fails ').find((part) => part.startsWith(name)) ?? '',
    )
    expect(threads).toMatch(/reproduce: npm run conform -- .*\n {2}\(real threads: repeat until it shows\)\n/)
    expect(oracle).toMatch(/reproduce: npm run conform -- .*\n/)
    expect(oracle).not.toContain('real threads')
  })

  test.each([
    ['conform -- --check orakle', "unknown check 'orakle'"],
    ['conform -- --tape 1.0.0.0/4sw0.0/i:z', "'z' is no step"],
    ['conform -- --tapes 0', 'outside 1 to'],
    ['stress -- --minutes x', 'not a number of minutes'],
    ['stress -- --minutes 0.001', 'outside 0.01 to 10000'],
    ['stress -- --minutes 10001', 'outside 0.01 to 10000'],
    ['stress -- --tape 1.0.0.0/4sw0.0', 'initiators: 0 is outside'],
  ])('%s is refused', async (line, reason) => {
    const ran = await run(`npm run ${line}`)
    expect(ran.code).toBe(2)
    expect(ran.stderr).toContain(reason)
    expect(ran.stdout).toBe('')
  })

  test('stress tells what it did', async () => {
    const ran = await run('npm run stress -- --strategy batched --cpus 3 --minutes 0.02')
    expect(ran.stderr).toBe('')
    expect(ran.code).toBe(0)
    expect(ran.stdout).toMatch(/^[\d.]+ s: [1-9]\d* tapes, \d+ cut, [1-9]\d* ops, .* 0 violations\n$/)
  })
})

describe('stress finds what is planted, on more CPUs than cores', () => {
  test.each(['never-flush', './dist/src/testing/defects/no-wait.js'])('%s', async (name) => {
    const subjects = await loadSubjects(planted(name))
    const failures: string[] = []
    const plan = { subjects, seed: 1, cpus: 4, maxCpus: 4, forMs: 20_000, script: undefined }
    const totals = await stress(plan, ({ command }) => failures.push(command))
    expect(failures).toHaveLength(1)
    expect(totals.violations).toBeGreaterThan(0)
    expect(failures[0]).toMatch(/^npm run stress -- --strategy .* --tape \S+$/)
  })
})

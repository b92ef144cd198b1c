import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'

const ROOT = join(import.meta.dirname, '..')
const TEXT = readFileSync(join(ROOT, '.github/workflows/bench.yml'), 'utf8')

interface Step {
  name?: string
  uses?: string
  run?: string
  if?: string
  with?: Record<string, unknown>
}
interface Job {
  if?: string
  'timeout-minutes'?: number
  permissions?: Record<string, string>
  strategy?: { matrix: { shard: number[] } }
  steps: Step[]
}
// In strict YAML 1.2, which is what GitHub reads: `on` is a key, not `true`.
const workflow: {
  on: Record<string, unknown>
  permissions: Record<string, string>
  concurrency: { group: string }
  jobs: Record<string, Job>
} = parse(TEXT, { strict: true, uniqueKeys: true })
const jobs = Object.entries(workflow.jobs)
const steps = jobs.flatMap(([, job]) => job.steps)
const runs = steps.flatMap(({ run }) => (run === undefined ? [] : [run]))
const runOf = (job: string, name: string) => workflow.jobs[job].steps.find((step) => step.name === name)!.run!

/** Scripts that belong to the gate and to the report. */
const EXPECTED_SCRIPTS = ['gate', 'report']

test('every npm script that it calls exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const called = runs.flatMap((run) =>
    [...run.matchAll(/\bnpm run (?:-s )?([\w:-]+)/g)].map((match) => match[1]),
  )
  expect([...new Set(called)].sort()).toEqual(['bench', 'gate', 'report'])
  const known = new Set([...Object.keys(scripts), ...EXPECTED_SCRIPTS])
  expect(called.filter((name) => !known.has(name))).toEqual([])
})

test('shows the whole use', () => {
  expect(Object.keys(workflow.on).sort()).toEqual(['pull_request', 'push', 'schedule', 'workflow_dispatch'])
  const all = runs.join('\n')
  for (const command of [
    'npm ci',
    'npm run gate\n',
    'npm run gate -- --against "$BASE_SHA" --budget 5m',
    'npm run gate -- --self-test',
    'npm run bench -- --engine sim --shard ${{ matrix.shard }}/${{ strategy.job-total }}',
    'npm run bench -- --engine threads',
    'npm run report -- shards/* --out merged',
    'npm run -s report -- merged --format github-action-benchmark',
  ])
    expect(all).toContain(command)
  const { shard } = workflow.jobs['matrix'].strategy!.matrix
  expect(shard).toEqual(shard.map((_, at) => at + 1))
})

test('everything that measures installs first, and ends', () => {
  for (const [name, job] of jobs) {
    expect(job['timeout-minutes'], name).toBeGreaterThan(0)
    const commands = job.steps.flatMap(({ run }) => (run === undefined ? [] : [run]))
    if (commands.some((command) => command.includes('npm run'))) expect(commands[0], name).toBe('npm ci')
  }
})

test('the rights are the least, and what may write runs nothing of this repository', () => {
  expect(workflow.permissions).toEqual({ contents: 'read' })
  for (const [name, job] of jobs.filter(([, { permissions }]) => permissions !== undefined)) {
    expect([name, job.permissions]).toEqual(['history', { contents: 'write' }])
    expect(job.steps.filter(({ run }) => run !== undefined)).toEqual([])
  }
  for (const { uses, with: inputs } of workflow.jobs['wall-clock'].steps) {
    if (uses?.startsWith('actions/checkout@') === true)
      expect(inputs).toMatchObject({ 'fetch-depth': 0, 'persist-credentials': false })
  }
})

test('actions are pinned by major version', () => {
  const used = steps.flatMap(({ uses }) => (uses === undefined ? [] : [uses]))
  expect(used.filter((name) => !/^[\w-]+\/[\w-]+@v\d+$/.test(name))).toEqual([])
})

test('nothing that others can name is pasted into a script', () => {
  const pasted = runs.flatMap((run) => [...run.matchAll(/\$\{\{\s*(.*?)\s*\}\}/g)].map((match) => match[1]))
  expect(new Set(pasted)).toEqual(new Set(['matrix.shard', 'strategy.job-total']))
})

test('artifacts are kept of failed jobs too', () => {
  const uploads = steps.filter(({ uses }) => uses?.startsWith('actions/upload-artifact@') === true)
  expect(uploads.length).toBeGreaterThanOrEqual(4)
  for (const upload of uploads) expect(upload.if).toBe('${{ !cancelled() }}')
})

/** What the scripts do, by running them as the runner does, with programs of the test in the place of the real ones. */
describe('exit codes of tier 2', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shootdown-workflow-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const program = (name: string, script: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(folder, name), 0o755)
  }
  program('npm', 'echo "npm $*"; exit "$GATE"')
  program('git', 'echo "git $*" >&2; test "$GATE" != 128 || exit 128; echo 0123abc')
  const shell = (script: string, env: Record<string, string>) =>
    spawnSync('bash', ['-e', '-c', script], {
      encoding: 'utf8',
      env: { PATH: `${folder}:${process.env['PATH']}`, GITHUB_BASE_REF: 'main', ...env },
    })

  test.each([
    [0, 0],
    [1, 1],
    [2, 2],
    [3, 0],
    [4, 4],
    [130, 130],
    // No merge base.
    [128, 128],
  ])('%i of the gate is %i of the job', (gate, job) => {
    const { status, stdout, stderr } = shell(runOf('wall-clock', 'Gate'), { GATE: String(gate) })
    expect(status).toBe(job)
    expect(stderr).toContain('git merge-base origin/main HEAD')
    if (gate !== 128) expect(stdout).toContain('npm run gate -- --against 0123abc --budget 5m')
  })

  test.each([
    ['pass', 0],
    ['regression', 0],
    ['violation', 0],
    ['inconclusive', 1],
    ['outdated', 1],
    ['refused', 1],
    ['', 1],
  ])('the verdict %j is %i of "has a verdict"', (verdict, status) => {
    const done = shell(runOf('has-verdict', 'Verdict'), { VERDICT: verdict })
    expect(done.status).toBe(status)
    expect(done.stdout.includes('::warning title=')).toBe(status === 1)
  })
})

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { childrenOf, until } from './support/steeredBench.js'
import { ONE_CELL, StubRepository } from './support/stubRepository.js'

const DUEL = 'bench/duelProcess.js'

let repository: StubRepository
beforeEach(() => void (repository = new StubRepository()))
afterEach(() => {
  vi.unstubAllEnvs()
  repository.remove()
})

/** Makes the build, or the installation, of the commit wait for ever once it has made a file. */
function waitsIn(file: string, mark: string): void {
  repository.write(
    file,
    `import { writeFileSync } from 'node:fs'\nwriteFileSync(${JSON.stringify(mark)}, '')\nsetInterval(() => {}, 1000)\n`,
  )
}

/** How it ends, with its last line and what is left. */
async function interrupted(run: ReturnType<StubRepository['start']>, signal: NodeJS.Signals) {
  // npm passes on the Ctrl-C that the terminal has sent already.
  for (let times = 0; times < 3; times++) run.process.kill(signal)
  const { code, stdout, stderr } = await run.ended
  return { code, stdout, last: stderr.trimEnd().split('\n').at(-1), left: repository.leftovers() }
}

const CLEAN = {
  code: 130,
  stdout: '',
  last: 'interrupted: what was measured is kept, nothing else is left behind',
  left: [],
}

test.each([
  ['building the base', 'build.mjs', 'SIGINT'],
  ['building the base', 'build.mjs', 'SIGTERM'],
  ['installing the packages of the base', 'installed.mjs', 'SIGINT'],
] as const)('%s (%s), %s leaves nothing behind', async (_what, file, signal) => {
  const mark = join(repository.temporary, 'begun')
  repository.contestant(1000)
  waitsIn(file, mark)
  repository.lock('1.0.1')
  repository.commit()
  repository.lock('1.0.0')
  const run = repository.start('--against', 'HEAD', ...ONE_CELL)
  await until(() => existsSync(mark), 'the build', 30_000)
  // Or the check of what is left would show nothing.
  expect(repository.leftovers().length).toBeGreaterThanOrEqual(3)
  expect(await interrupted(run, signal)).toEqual(CLEAN)
})

test('building the working tree, SIGINT leaves nothing behind', async () => {
  const mark = join(repository.temporary, 'begun')
  repository.contestant(1000)
  repository.commit()
  waitsIn('build.mjs', mark)
  const run = repository.start('--against', 'HEAD', ...ONE_CELL)
  await until(() => existsSync(mark), 'the build', 30_000)
  expect(await interrupted(run, 'SIGINT')).toEqual(CLEAN)
})

test.each(['SIGINT', 'SIGHUP'] as const)('measuring, %s leaves nothing behind', async (signal) => {
  repository.contestant(1000)
  repository.commit()
  const run = repository.start('--against', 'HEAD', ...ONE_CELL)
  const id = run.process.pid!
  await until(() => childrenOf(id, DUEL).length > 0, 'the first process', 30_000)
  const [duel] = childrenOf(id, DUEL)
  expect(await interrupted(run, signal)).toEqual(CLEAN)
  expect(existsSync(`/proc/${duel}`)).toBe(false)
})

test('without a verdict the page of the step says why', async () => {
  const [page, outputs] = ['page.md', 'outputs'].map((name) => join(repository.temporary, name))
  vi.stubEnv('GITHUB_STEP_SUMMARY', page)
  vi.stubEnv('GITHUB_OUTPUT', outputs)
  repository.contestant(1000)
  repository.commit()
  const run = repository.start('--against', 'HEAD', ...ONE_CELL)
  await until(() => childrenOf(run.process.pid!, DUEL).length > 0, 'the first process', 30_000)
  expect((await interrupted(run, 'SIGTERM')).code).toBe(130)
  expect(readFileSync(page, 'utf8')).toContain('## Performance gate, no verdict\n\n**interrupted: ')
  expect(readFileSync(outputs, 'utf8')).toMatch(/^verdict<<(\S+)\ninterrupted\n\1\nexit-code<<\1\n130\n/)

  expect((await repository.gate('--against', 'HEAD', '--budget', 'much')).code).toBe(2)
  expect(readFileSync(page, 'utf8')).toContain('much')
  expect(readFileSync(outputs, 'utf8')).toMatch(/\nverdict<<(\S+)\nfailed\n\1\nexit-code<<\1\n2\n/)
})

test('a process that is measured ends when the gate is killed', async () => {
  repository.contestant(1000)
  repository.commit()
  const run = repository.start('--against', 'HEAD', ...ONE_CELL)
  const id = run.process.pid!
  await until(() => childrenOf(id, DUEL).length > 0, 'the first process', 30_000)
  const [duel] = childrenOf(id, DUEL)
  run.process.kill('SIGKILL')
  await run.ended
  await until(() => !existsSync(`/proc/${duel}`), 'the end of the process')
  expect(childrenOf(id, DUEL)).toEqual([])
})

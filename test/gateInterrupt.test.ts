import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { childrenOf, until } from './support/steeredBench.js'
import { ONE_CELL, StubRepository } from './support/stubRepository.js'

const DUEL = 'bench/duelProcess.js'

let repository: StubRepository
beforeEach(() => void (repository = new StubRepository()))
afterEach(() => repository.remove())

/** Makes the build, or the installation, of the commit wait for ever once it has made a file. */
function waitsIn(file: string, mark: string): void {
  repository.write(
    file,
    `import { writeFileSync } from 'node:fs'\nwriteFileSync(${JSON.stringify(mark)}, '')\nsetInterval(() => {}, 1000)\n`,
  )
}

async function interrupted(run: ReturnType<StubRepository['start']>, signal: NodeJS.Signals): Promise<void> {
  // npm passes on the Ctrl-C that the terminal has sent already.
  for (let times = 0; times < 3; times++) run.process.kill(signal)
  const { code, stdout, stderr } = await run.ended
  expect([code, stdout]).toEqual([130, ''])
  expect(stderr).toMatch(/ \.\.\.\ninterrupted: what was measured is kept, nothing else is left behind\n$/)
  expect(repository.leftovers()).toEqual([])
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
  await interrupted(run, signal)
})

test('building the working tree, SIGINT leaves nothing behind', async () => {
  const mark = join(repository.temporary, 'begun')
  repository.contestant(1000)
  repository.commit()
  waitsIn('build.mjs', mark)
  const run = repository.start('--against', 'HEAD', ...ONE_CELL)
  await until(() => existsSync(mark), 'the build', 30_000)
  await interrupted(run, 'SIGINT')
})

test.each(['SIGINT', 'SIGHUP'] as const)('measuring, %s leaves nothing behind', async (signal) => {
  repository.contestant(1000)
  repository.commit()
  const run = repository.start('--against', 'HEAD', ...ONE_CELL)
  const id = run.process.pid!
  await until(() => childrenOf(id, DUEL).length > 0, 'the first process', 30_000)
  const [duel] = childrenOf(id, DUEL)
  await interrupted(run, signal)
  expect(existsSync(`/proc/${duel}`)).toBe(false)
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
})

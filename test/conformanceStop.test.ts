import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { ROOT, until, type Ended } from './support/steeredBench.js'

const started: ChildProcess[] = []
/** A test that fails must not leave a hook behind that never returns. */
afterEach(() => {
  for (const child of started.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    for (const id of checkersOf(child.pid!)) process.kill(id, 'SIGKILL')
    child.kill('SIGKILL')
  }
})

function start(script: string, ...args: string[]) {
  const child = spawn(process.execPath, [`dist/scripts/${script}.js`, ...args], { cwd: ROOT })
  started.push(child)
  const seen: Ended = { code: null, stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (seen.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (seen.stderr += text))
  const ended = new Promise<Ended>((settle) => child.on('close', (code) => settle({ ...seen, code })))
  return { child, seen, ended }
}

/** The process that runs the checks. */
function checkersOf(parent: number): number[] {
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return ids.map(Number).filter((id) => {
    try {
      return Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1]) === parent
    } catch {
      return false
    }
  })
}

test('Ctrl-C ends conform with what was done, and its process with it', async () => {
  const { child, seen, ended } = start('conform', '--strategy', 'immediate', '--tapes', '100000')
  await until(() => checkersOf(child.pid!).length === 1, 'the process of the checks')
  const [checker] = checkersOf(child.pid!)
  // Nothing outside tells how many tapes are done.
  await new Promise((wake) => setTimeout(wake, 4000))
  expect(seen.stderr).toBe('')
  for (let times = 0; times < 3; times++) child.kill('SIGINT')
  const { code, stderr } = await ended
  expect(code).toBe(130)
  expect(stderr).toMatch(
    /^interrupted: 10 of 10 checks are missing; oracle of immediate had passed [1-9]\d* tapes\n$/,
  )
  expect(existsSync(`/proc/${checker}`)).toBe(false)
})

test('Ctrl-C ends conform inside a hook that never returns, and keeps what was printed', async () => {
  const hangs = './test/fixtures/strategies/hangs.mjs'
  const { child, seen, ended } = start('conform', '--strategy', `immediate,${hangs}`, '--check', 'alone')
  await until(() => seen.stdout.includes('passes'), 'the first verdict')
  await new Promise((wake) => setTimeout(wake, 2000))
  child.kill('SIGINT')
  const { code, stdout, stderr } = await ended
  expect(code).toBe(130)
  expect(stdout).toMatch(/^immediate {2}alone {9}passes {2}50 tapes/)
  expect(stderr).toBe(`interrupted: 1 of 2 checks are missing; alone of ${hangs} had passed 0 tapes\n`)
})

test('Ctrl-C ends stress with what was done', async () => {
  const { child, seen, ended } = start('stress', '--minutes', '10', '--strategy', 'immediate', '--cpus', '3')
  await new Promise((wake) => setTimeout(wake, 8000))
  expect(seen.stdout).toBe('')
  const startMs = performance.now()
  child.kill('SIGINT')
  const { code, stdout, stderr } = await ended
  expect(code).toBe(130)
  expect(stdout).toMatch(/^[\d.]+ s: [1-9]\d* tapes, \d+ cut, [1-9]\d* ops, .* 0 violations\n$/)
  expect(stderr).toBe('interrupted: the tape that was running is not counted\n')
  // Not only when the tape has ended.
  expect(performance.now() - startMs).toBeLessThan(5000)
})

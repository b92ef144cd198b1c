import { spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Catch } from './check.js'

/** The tests of what strategies share and of what they count; they take some seconds. */
const FILES = [
  'test/simPartsShared.test.ts',
  'test/strategyPromises.test.ts',
  'test/strategyClaims.test.ts',
  'test/enginesCounts.test.ts',
]
const HANGS_AFTER_MS = 120_000

interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly message: string
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

/** The project's own tests against the copy: the first one that fails, in the order of the files. */
export async function runTests(copyRoot: string): Promise<Catch | null> {
  const output = join(copyRoot, 'tests.json')
  rmSync(output, { force: true })
  const hasEnded = await vitest(copyRoot, output)
  if (!hasEnded) return { rung: 'tests', strategy: '', check: FILES.join(', '), what: 'does not end' }
  const report = JSON.parse(readFileSync(output, 'utf8')) as Report
  for (const file of FILES) {
    const result = report.testResults.find(({ name }) => name.endsWith(file))
    const failed = result?.assertionResults.find(({ status }) => status === 'failed')
    if (failed !== undefined)
      return { rung: 'tests', strategy: '', check: file, what: failed.fullName.replaceAll('\n', ' ') }
    if (result === undefined || result.message !== '')
      return { rung: 'tests', strategy: '', check: file, what: 'does not load' }
  }
  return null
}

/** False: it was stopped. */
function vitest(copyRoot: string, output: string): Promise<boolean> {
  return new Promise((settle) => {
    const entry = join(copyRoot, 'node_modules', 'vitest', 'vitest.mjs')
    const options = ['--reporter=json', `--outputFile=${output}`, '--maxWorkers=1']
    // A group of its own, so that the workers of tests that loop end with it.
    const child = spawn(process.execPath, [entry, 'run', '--root', copyRoot, ...options, ...FILES], {
      cwd: copyRoot,
      stdio: 'ignore',
      detached: true,
    })
    let isStopped = false
    const watchdog = setTimeout(() => {
      isStopped = true
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    }, HANGS_AFTER_MS)
    child.on('close', () => {
      clearTimeout(watchdog)
      settle(!isStopped)
    })
  })
}

import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { Catch } from './check.js'
import type { LadderJob, LadderMessage } from './ladderJob.js'

/** Each check of an unchanged strategy takes less than two seconds. */
const HANGS_AFTER_MS = 20_000

export interface Climbed {
  readonly caught: Catch | null
  readonly counts: Readonly<Record<string, string>>
}

/** The ladder in a process of the copy; one that stops answering is killed, and that is a catch. */
export function runLadder(copyRoot: string, job: LadderJob): Promise<Climbed> {
  return new Promise((settle) => {
    const entry = join(copyRoot, 'dist', 'src', 'testing', 'mutation', 'ladderProcess.js')
    const child = fork(entry, [], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      execArgv: [],
      cwd: copyRoot,
    })
    let last: Omit<Catch, 'what'> = { rung: 'load', strategy: job.strategies[0], check: 'start' }
    let answer: Climbed | null = null
    let hasHung = false
    const watchdog = setTimeout(() => {
      hasHung = true
      child.kill('SIGKILL')
    }, HANGS_AFTER_MS)
    child.on('message', (message) => {
      const told = message as LadderMessage
      if ('begins' in told) {
        last = told.begins
        watchdog.refresh()
      } else answer = told
    })
    child.on('close', () => {
      clearTimeout(watchdog)
      const what = hasHung ? 'does not end' : 'its process dies'
      settle(answer ?? { caught: { ...last, what }, counts: {} })
    })
    child.send(job)
  })
}

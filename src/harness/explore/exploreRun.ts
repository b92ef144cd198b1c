import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { ExploreAnswer, ExploreJob, ExploreRow } from './exploreJob.js'

const ENTRY = fileURLToPath(new URL('./exploreProcess.js', import.meta.url))

/**
 * Runs the searches, one process each, as many at a time as there are cores. Longest first would be
 * better for the total, but nobody knows which that is.
 * @param done called in the order in which they end
 * @returns in the order of the jobs; those that had not begun when the signal came are missing
 */
export async function runExplorations(
  jobs: readonly ExploreJob[],
  signal: AbortSignal,
  done: (row: ExploreRow, left: number) => void,
): Promise<ExploreRow[]> {
  const rows: (ExploreRow | undefined)[] = jobs.map(() => undefined)
  let next = 0
  let left = jobs.length
  const work = async (): Promise<void> => {
    while (next < jobs.length && !signal.aborted) {
      const index = next++
      const answer = await runOne(jobs[index], signal)
      left--
      if (answer === null) continue
      const row = { job: jobs[index], answer }
      rows[index] = row
      done(row, left)
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, availableParallelism()) }, work))
  return rows.filter((row) => row !== undefined)
}

/** Null: it was stopped. */
function runOne(job: ExploreJob, signal: AbortSignal): Promise<ExploreAnswer | null> {
  return new Promise((settle) => {
    const child = fork(ENTRY, [], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      execArgv: [],
      detached: true,
    })
    const stop = (): void => void child.kill('SIGKILL')
    signal.addEventListener('abort', stop, { once: true })
    let answer: ExploreAnswer | null = null
    child.on('message', (message) => {
      answer = message as ExploreAnswer
    })
    child.on('close', (code, killedBy) => {
      signal.removeEventListener('abort', stop)
      const how = killedBy === null ? `exit code ${code}` : `signal ${killedBy}`
      const message = `its process ended without an answer (${how}); a smaller --max-states needs less memory`
      settle(answer ?? (signal.aborted ? null : { status: 'failed', message, isUsage: false }))
    })
    child.on('error', (error) => {
      if (child.pid === undefined) settle({ status: 'failed', message: error.message, isUsage: false })
    })
    if (child.pid !== undefined) child.send(job)
  })
}

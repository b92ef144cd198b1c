import { setMaxListeners } from 'node:events'
import type { Job, JobResult } from './job.js'
import { runChild } from './runChild.js'

export interface RunOptions {
  /** The file that a child runs; see src/harness/jobProcess.ts. */
  entry: string
  /** How many jobs run at once: all cores for virtual time, 1 where wall-clock time is measured. */
  lanes: number
  graceMs: number
  signal: AbortSignal
  onStart?(index: number): void
  /** In the order in which jobs finish. Not called for jobs that an abort cut off. */
  onEnd(index: number, result: JobResult): void
}

/** Runs all jobs, each in a process of its own. Returns when no process is left, whether it ended or was aborted. */
export async function runJobs(jobs: readonly Job[], options: RunOptions): Promise<void> {
  const stop = new AbortController()
  const { signal } = stop
  // One listener for each lane, and a machine may have a hundred cores: that is no leak.
  setMaxListeners(0, signal)
  const stopAll = (): void => stop.abort()
  if (options.signal.aborted) stopAll()
  options.signal.addEventListener('abort', stopAll)
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < jobs.length && !signal.aborted) {
      const index = next++
      options.onStart?.(index)
      const outcome = await runChild(jobs[index], { entry: options.entry, graceMs: options.graceMs, signal })
      if (outcome !== 'aborted') options.onEnd(index, outcome)
    }
  }
  const lanes = Array.from({ length: Math.min(options.lanes, jobs.length) }, async () => {
    try {
      await lane()
    } catch (error) {
      // What `onEnd` throws (a full disk) ends the run; the other lanes' children must not outlive it.
      stopAll()
      throw error
    }
  })
  const ends = await Promise.allSettled(lanes)
  options.signal.removeEventListener('abort', stopAll)
  const broken = ends.find((end) => end.status === 'rejected')
  if (broken !== undefined) throw broken.reason
}

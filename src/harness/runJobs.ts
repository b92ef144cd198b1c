import type { Job, JobResult } from './job.js'
import { JobChild } from './jobChild.js'

export interface RunOptions {
  /** The file that a child runs; see src/harness/jobProcess.ts. */
  entry: string
  /** How many jobs run at once: all cores for virtual time, 1 where wall-clock time is measured. */
  lanes: number
  /** What a child gets on top of the job's own watchdog before it is killed. */
  graceMs: number
  signal: AbortSignal
  onStart?(index: number): void
  /** In the order in which jobs finish. Not called for jobs that an abort cut off. */
  onEnd(index: number, result: JobResult): void
}

/** Processes that wait for a job of their strategy; more are ended, oldest first. */
const IDLE_CHILDREN = 8

/**
 * Runs all jobs in child processes. A process serves one engine and one strategy only, because a class
 * of strategy that an isolate has never seen slows down the next one; for that one it is kept, which
 * spares most jobs the start of a process. On real threads every job has fresh workers all the same,
 * and in virtual time nothing depends on the isolate.
 *
 * Returns when no process is left, whether it ended or was aborted.
 */
export async function runJobs(jobs: readonly Job[], options: RunOptions): Promise<void> {
  const children = new Set<JobChild>()
  const idle: { key: string; child: JobChild }[] = []
  const stopped = new AbortController()
  if (options.signal.aborted) stopped.abort()
  const stop = (): void => {
    stopped.abort()
    for (const child of children) void child.end()
  }
  options.signal.addEventListener('abort', stop)

  const take = (key: string): JobChild => {
    const index = idle.findIndex((entry) => entry.key === key && entry.child.isUsable)
    if (index >= 0) return idle.splice(index, 1)[0].child
    const child = new JobChild(options.entry)
    children.add(child)
    return child
  }
  const giveBack = async (key: string, child: JobChild): Promise<void> => {
    if (child.isUsable) idle.push({ key, child })
    const surplus = child.isUsable ? (idle.length > IDLE_CHILDREN ? idle.shift()?.child : undefined) : child
    if (surplus === undefined) return
    await surplus.end()
    children.delete(surplus)
  }

  let next = 0
  const lane = async (): Promise<void> => {
    while (next < jobs.length && !stopped.signal.aborted) {
      const index = next++
      const job = jobs[index]
      options.onStart?.(index)
      // Faults bring classes of their own to some call sites.
      const key = JSON.stringify([job.engine, job.strategy.file, job.faults !== undefined])
      const child = take(key)
      const outcome = await child.run(job, job.watchdogMs + options.graceMs)
      await giveBack(key, child)
      if (outcome !== 'aborted') options.onEnd(index, outcome)
    }
  }
  const lanes = Array.from({ length: Math.min(options.lanes, jobs.length) }, async () => {
    try {
      await lane()
    } catch (error) {
      // What `onEnd` throws (a full disk) ends the run; the other lanes' children must not outlive it.
      stop()
      throw error
    }
  })
  const ends = await Promise.allSettled(lanes)
  options.signal.removeEventListener('abort', stop)
  await Promise.all(Array.from(children, (child) => child.end()))
  const broken = ends.find((end) => end.status === 'rejected')
  if (broken !== undefined) throw broken.reason
}

import type { Job, JobFailed, JobResult, Violation } from './job.js'
import { violationsOf } from '../engines/brokenRun.js'
import { mayStop } from '../engines/faultSpecs.js'
import { Stuck } from '../engines/stuck.js'
import { runJob } from './engineRun.js'

/**
 * Entry of the child process that runs repetitions of one engine and one strategy. Started by
 * {@link file://./jobChild.ts}: it is sent a job, answers, and waits for the next until it is killed.
 */

// Ctrl-C is the parent's to decide; it kills this process when it has.
process.on('SIGINT', () => {})
// Without a parent nobody is left to answer to.
process.on('disconnect', () => process.exit(1))
process.on('message', (message: { type: 'job'; job: Job }) => {
  void answer(message.job)
})

async function answer(job: Job): Promise<void> {
  let result: JobResult
  try {
    result = await runJob(job)
  } catch (error) {
    result = failureOf(error, job)
  }
  process.send?.({ type: 'result', result })
}

function failureOf(error: unknown, job: Job): JobFailed {
  const message = error instanceof Error ? error.message : String(error)
  const isStuck = error instanceof Stuck
  const shown = process.env['SHOOTDOWN_DEBUG'] && error instanceof Error ? (error.stack ?? message) : message
  return {
    status: 'failed',
    message: shown,
    cpuStates: isStuck ? error.cpuStates : [],
    violations: [
      ...violationsOf(error),
      ...(isStuck && !mayStop(job.faults ?? {}) ? [noProgress(message)] : []),
    ],
  }
}

function noProgress(message: string): Violation {
  return { invariant: 'I8', cpu: 0, space: 0, page: 0, step: 0, message: message.replaceAll('\n', '; ') }
}

import { UsageError } from '../../contract/usageError.js'
import { explore, replayText } from '../../engines/explore/engine.js'
import { importStrategy } from '../../engines/importStrategy.js'
import { loadProfile } from '../../machine/profile.js'
import type { ExploreAnswer, ExploreJob } from './exploreJob.js'

/** Entry of the process of one search: one strategy in one isolate, and memory that goes back when it ends. */
async function run(job: ExploreJob): Promise<ExploreAnswer> {
  const module = await importStrategy(job.strategyFile)
  const { profile } = loadProfile(job.profile, [])
  const plan = { case: job.case, module, parameters: job.parameters, profile }
  if (job.schedule !== null) return { status: 'replayed', ...replayText(plan, job.schedule) }
  const { stateCount, milliseconds, shorteningStates } = job
  const nowMs = (): number => performance.now()
  return {
    status: 'explored',
    exploration: explore(plan, { stateCount, milliseconds, shorteningStates, nowMs }),
  }
}

process.once('message', (job: ExploreJob) => {
  void run(job)
    .catch((error: unknown): ExploreAnswer => {
      const shown = process.env['SHOOTDOWN_DEBUG'] && error instanceof Error ? error.stack : undefined
      const message = shown ?? (error instanceof Error ? error.message : String(error))
      return { status: 'failed', message, isUsage: error instanceof UsageError }
    })
    .then((answer) => process.send?.(answer, () => process.disconnect()))
})

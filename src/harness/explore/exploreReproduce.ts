import { shellWord } from '../quote.js'
import type { ExploreJob } from './exploreJob.js'
import { overrideCase, type ExploreOptions } from './exploreOptions.js'

/** The command that runs one schedule again. */
export function exploreCommandFor(job: ExploreJob, options: ExploreOptions, schedule: string): string {
  const words = ['--strategy', job.strategy, '--case', job.case.name]
  words.push(...overrideCase(options, job.case).typed, '--replay', schedule)
  return `npm run explore -- ${words.map(shellWord).join(' ')}`
}

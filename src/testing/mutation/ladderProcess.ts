import type { StrategyModule } from '../../contract/strategy.js'
import type { WorkloadModule } from '../../contract/workload.js'
import type { Catch, Check } from './check.js'
import { exploreChecks } from './exploreChecks.js'
import type { LadderJob, LadderMessage } from './ladderJob.js'
import { countChecks, mixedChecks, tinyCheck } from './simChecks.js'

/** Entry of the process of one mutant: it may throw, loop or eat all memory, and nobody else is harmed. */
const WORKLOADS = ['munmap-storm', 'madvise-page', 'mprotect-storm', 'direct-map-zap', 'web-server']

function send(message: LadderMessage, then: () => void = () => {}): void {
  process.send?.(message, then)
}

/** The first that finds something; each check is put to all strategies before the next, dearer one. */
function firstCatch(checks: readonly Check[], modules: ReadonlyMap<string, StrategyModule>): Catch | null {
  for (const check of checks) {
    for (const [strategy, module] of modules) {
      const begins = { rung: check.rung, strategy, check: check.name }
      send({ begins })
      const what = outcome(check, module)
      if (what !== null) return { ...begins, what }
    }
  }
  return null
}

function outcome(check: Check, module: StrategyModule): string | null {
  try {
    return check.run(module)
  } catch (error) {
    const [line] = String(error instanceof Error ? error.message : error).split('\n')
    return `throws: ${line}`
  }
}

async function loadDefault<T>(folder: string, name: string): Promise<T> {
  const url = new URL(`../../${folder}/${name}.js`, import.meta.url)
  return ((await import(url.href)) as { default: T }).default
}

async function climb(job: LadderJob): Promise<LadderMessage> {
  const counts = { ...job.counts }
  const modules = new Map<string, StrategyModule>()
  for (const name of job.strategies) {
    const begins = { rung: 'load', strategy: name, check: 'import' } as const
    send({ begins })
    try {
      modules.set(name, await loadDefault('strategies', name))
    } catch (error) {
      return { caught: { ...begins, what: `throws: ${String(error).split('\n')[0]}` }, counts }
    }
  }
  const { cases, profile, stateCount } = job
  if (job.isLonger) {
    const checks = exploreChecks('explore longer', cases, profile, stateCount)
    return { caught: firstCatch(checks, modules), counts }
  }
  const searches = exploreChecks('explore', cases, profile, stateCount)
  const workloads: Record<string, WorkloadModule> = {}
  for (const name of WORKLOADS) workloads[name] = await loadDefault('workloads', name)
  const counted = countChecks(profile, workloads, counts)
  const checks = [tinyCheck(profile), ...searches, ...mixedChecks(profile), ...counted]
  return { caught: firstCatch(checks, modules), counts }
}

process.once('message', (job: LadderJob) => {
  void climb(job).then((message) => send(message, () => process.disconnect()))
})

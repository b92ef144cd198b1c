import { expect, test } from 'vitest'
import { defectJobs, verdicts } from '../dist/src/harness/explore/defectJobs.js'
import { runExplorations } from '../dist/src/harness/explore/exploreRun.js'
import type { Defect } from '../dist/src/testing/defect.js'
import { plannedDefects } from '../dist/src/testing/plannedDefects.js'

const LIMITS = { profile: 'icelake-2s64c', stateCount: 250_000, seconds: 60, shorteningStates: 0 }

test('the explorer finds each defect that awaits nothing, within its bound, and reports no base', async () => {
  const planned = (await plannedDefects()).filter(({ awaits }) => awaits === '')
  const jobs = await defectJobs(planned, LIMITS)
  const rows = await runExplorations(jobs, new AbortController().signal, () => {})
  for (const { defect, invariant, states, isBaseClean, baseOutcome } of verdicts(planned, rows)) {
    const { defect: facts } = (await import(defect.file)) as { defect: Defect }
    expect(defect.expects, defect.name).toContain(invariant)
    expect(states, defect.name).toBeLessThanOrEqual(facts.foundWithin!)
    expect(isBaseClean, `${defect.baseName}: ${baseOutcome}`).toBe(true)
  }
}, 120_000)

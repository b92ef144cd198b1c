import { beforeAll, describe, expect, test } from 'vitest'
import { defectJobs, verdicts, type DefectVerdict } from '../dist/src/harness/explore/defectJobs.js'
import { runExplorations } from '../dist/src/harness/explore/exploreRun.js'
import type { Defect } from '../dist/src/testing/defect.js'
import { plannedDefects } from '../dist/src/testing/plannedDefects.js'

const LIMITS = { profile: 'icelake-2s64c', stateCount: 250_000, seconds: 60, shorteningStates: 0 }

const planned = (await plannedDefects()).filter(({ awaits }) => awaits === '')

describe('the explorer finds what is planted, within its bound, and reports no base', () => {
  const found = new Map<string, DefectVerdict>()

  // All at once: the searches share the cores.
  beforeAll(async () => {
    const jobs = await defectJobs(planned, LIMITS)
    const rows = await runExplorations(jobs, new AbortController().signal, () => {})
    for (const verdict of verdicts(planned, rows)) found.set(verdict.defect.name, verdict)
  }, 120_000)

  test.each(planned.map(({ name, file }) => [name, file]))('%s', async (name, file) => {
    const { invariant, states, isBaseClean, baseOutcome } = found.get(name)!
    const { defect } = (await import(file)) as { defect: Defect }
    expect(defect.expects).toContain(invariant)
    expect(states).toBeLessThanOrEqual(defect.foundWithin!)
    expect(isBaseClean, `${defect.base}: ${baseOutcome}`).toBe(true)
  })
})

import { describe, expect, test } from 'vitest'
import { explore } from '../dist/src/engines/explore/engine.js'
import { ExploreMachine, type ExplorePlan } from '../dist/src/engines/explore/exploreMachine.js'
import { Search } from '../dist/src/engines/explore/search.js'
import type { SearchResult } from '../dist/src/engines/explore/searchResult.js'
import { Settle } from '../dist/src/engines/explore/settle.js'
import { Transitions } from '../dist/src/engines/explore/transitions.js'
import type { StrategyModule } from '../dist/src/contract/strategy.js'
import { loadProfile } from '../dist/src/machine/profile.js'
import { defaultsOf } from '../dist/src/records/params.js'
import { plannedDefects } from '../dist/src/testing/plannedDefects.js'

const { profile } = loadProfile('icelake-2s64c', [])
const LIMITS = { stateCount: 1_000_000, milliseconds: 60_000, nowMs: () => performance.now() }

async function planOf(name: string): Promise<ExplorePlan> {
  const found = (await plannedDefects()).find((defect) => defect.name === name)!
  const { default: module } = (await import(found.file)) as { default: StrategyModule }
  const parameters = { ...defaultsOf(module.parameters), ...found.parameters }
  return { case: found.case, module, parameters, profile }
}

/** Everything that schedules of at most that length can do. */
function within(plan: ExplorePlan, depth: number): SearchResult {
  const machine = new ExploreMachine(plan)
  const transitions = new Transitions(machine)
  const settle = new Settle(machine, transitions)
  settle.setUp()
  return new Search(machine, transitions, settle, { ...LIMITS, depth }, true).run()
}

describe('the shortest schedule', () => {
  // Violations in a step, waiting for ever, and both: waiting for ever has no step of its own.
  test.each(['no-wait', 'left-and-silent', 'serves-one', 'waits-in-handler', 'acknowledges-first'])(
    '%s: nothing shorter is there, and it is found where schedules may be just as long',
    async (name) => {
      const plan = await planOf(name)
      const { scheduleLength, isShortest } = explore(plan, { ...LIMITS, shorteningStates: 1_000_000 })
      expect(isShortest).toBe(true)
      expect(within(plan, scheduleLength - 1).finding).toBeNull()
      expect(within(plan, scheduleLength).schedule).toHaveLength(scheduleLength)
    },
  )

  test('a step that every CPU breaks something with is no dead end', async () => {
    const found = explore(await planOf('tick-after-flush'), { ...LIMITS, shorteningStates: 1_000_000 })
    expect(['I1', 'I11']).toContain(found.finding?.invariant)
  })

  test('is not claimed where the search for it was cut off', async () => {
    const plan = await planOf('tick-after-flush')
    const whole = explore(plan, { ...LIMITS, shorteningStates: 1_000_000 })
    const cut = explore(plan, { ...LIMITS, shorteningStates: 1 })
    expect(whole.isShortest).toBe(true)
    expect(cut.isShortest).toBe(false)
    expect(cut.finding).not.toBeNull()
    expect(cut.scheduleLength).toBeGreaterThanOrEqual(whole.scheduleLength)
  })
})

import { describe, expect, test } from 'vitest'
import type { Strategy, StrategyModule } from '../dist/src/contract/strategy.js'
import { SETTLED } from '../dist/src/contract/ticket.js'
import { explore, replayText } from '../dist/src/engines/explore/engine.js'
import { scheduleTable } from '../dist/src/report/exploreTable.js'
import { exploreFully, planOf, shipped } from './support/explorePlan.js'

const HOOKS = { operationCount: 2, preemption: 'hooks' } as const

/** `batched` with one hook in the place of its own. */
async function altered(change: (strategy: Strategy, own: Strategy) => void): Promise<StrategyModule> {
  const batched = await shipped('batched')
  return {
    ...batched,
    create: (host) => {
      const strategy = batched.create(host)
      // All state is in words, so a second object does what the first one did.
      change(strategy, batched.create(host))
      return strategy
    },
  }
}

describe('a strategy that is broken in itself', () => {
  test('throws on some schedules: a finding with the schedule that leads there', async () => {
    const module = await altered((strategy, own) => {
      strategy.interrupted = (cpu) => {
        if (cpu.id === 1) throw new RangeError('no such thing')
        return own.interrupted(cpu)
      }
    })
    const plan = planOf(module, HOOKS)
    const { finding, schedule } = exploreFully(plan, true)
    expect(finding?.invariant).toBe('error')
    expect(finding?.message).toMatch(/^CPU 1 throws RangeError: no such thing/)
    expect(replayText(plan, schedule).finding).toEqual(finding)
  })

  test('never ends a hook: likewise', async () => {
    const module = await altered((strategy, own) => {
      strategy.interrupted = (cpu) => {
        // Its own countdown is 0 while it waits for nobody.
        while (cpu.id === 1 && cpu.issued(1) === 0);
        return own.interrupted(cpu)
      }
    })
    const { finding } = exploreFully(planOf(module, HOOKS))
    expect(finding?.invariant).toBe('error')
    expect(finding?.message).toContain('more accesses than')
  })

  test('throws in the set-up: an error of the search, with the reason', async () => {
    const module = await altered((strategy) => {
      strategy.switched = () => {
        throw new Error('nowhere to go')
      }
    })
    expect(() => exploreFully(planOf(module))).toThrow(/cannot set its case up: .*nowhere to go/)
  })

  test('keeps something in a field: an error that says so', async () => {
    const module = await altered((strategy, own) => {
      let calls = 0
      // Claims a change once that it has not flushed, whatever the state is.
      strategy.changed = (cpu, change) => (++calls === 20 ? SETTLED : own.changed(cpu, change))
    })
    expect(() => exploreFully(planOf(module, HOOKS))).toThrow(/keeps something outside of its words/)
  })
})

describe('what a search has not seen', () => {
  const limits = { milliseconds: 60_000, shorteningStates: 0, nowMs: () => 0 }

  test('is told where a limit has ended it', async () => {
    const plan = planOf(await shipped('immediate'), { ...HOOKS, pageCount: 2, frameCount: 2 })
    // The clock and the count of states are looked at every 4096 transitions.
    const cut = explore(plan, { ...limits, stateCount: 100 })
    expect(cut.end).toBe('states')
    expect(cut.untried?.steps).toBeGreaterThan(0)
    expect(cut.untried?.fromDepth).toBeGreaterThanOrEqual(1)
    expect(cut.untried?.fromDepth).toBeLessThanOrEqual(cut.depth)
    const whole = explore(plan, { ...limits, stateCount: 1_000_000 })
    expect([whole.end, whole.untried]).toEqual(['complete', null])
  })

  test('and what ended for want of frames is counted', async () => {
    const given = { operationCount: 2, pageCount: 2 }
    // Two pages and one frame: whoever faults in the second one while the first is mapped finds none.
    expect(exploreFully(planOf(await shipped('immediate'), given)).givenUp).toBeGreaterThan(0)
    expect(exploreFully(planOf(await shipped('immediate'), { ...given, frameCount: 2 })).givenUp).toBe(0)
  })
})

test('rows of a schedule that repeat themselves are counted', () => {
  const row = (cpu: number, action: string) => ({ cpu, action, changes: [] })
  const looks = Array.from({ length: 5 }, () => row(1, 'load a: 0'))
  expect(scheduleTable([row(0, 'begins'), ...looks, row(0, 'ends')]).split('\n')).toEqual([
    'step  CPU  action; what it changes',
    '   1    0  begins',
    '   2    1  load a: 0',
    '           the same 4 times more',
    '   7    0  ends',
    '',
  ])
  // Fewer are shown.
  expect(scheduleTable(looks.slice(0, 3)).split('\n')).toHaveLength(5)
})

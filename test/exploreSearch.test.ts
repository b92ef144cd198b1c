import { describe, expect, test } from 'vitest'
import type { StrategyModule } from '../dist/src/contract/strategy.js'
import { DONE, SETTLED } from '../dist/src/contract/ticket.js'
import { exploreFully, fixture, planOf, shipped } from './support/explorePlan.js'
import { referenceSearch } from './support/exploreReference.js'

const TWO = { operationCount: 2 }

/** Flushes nothing, and claims all when the operation is finished. */
const claimsAtEnd: StrategyModule = {
  summary: 'claims at the end',
  source: 'none',
  parameters: {},
  contract: () => 'return',
  assumes: () => ({ timeless: true }),
  words: () => ({}),
  privateWords: () => ({}),
  create: () => ({
    changed: () => DONE,
    finished: (cpu) => {
      cpu.settle(cpu.id, cpu.issued(cpu.id))
      return SETTLED
    },
    demanded: () => DONE,
    resumed: () => DONE,
    interrupted: () => DONE,
    switched: (cpu, to) => {
      cpu.activate(to, 1, false)
      return DONE
    },
  }),
}

describe('a complete search sees what a breadth-first search over whole copies sees', () => {
  test.each([
    ['immediate', {}],
    ['immediate', { operationCount: 2 }],
    ['immediate', { preemption: 'hooks' }],
    ['immediate', { preemption: 'all' }],
    ['immediate', { preemption: 'hooks', hasStoreBuffer: true }],
    ['immediate', { fills: 'anytime', operationCount: 2 }],
    ['immediate', { spuriousCount: 1, alphabet: ['protect', 'switch'], operationCount: 2 }],
    ['batched', { preemption: 'hooks' }],
    ['batched', { alphabet: ['advise', 'idle'], preemption: 'hooks' }],
    ['lazy', { tickCount: 1 }],
    ['lazy', { isGuest: true, tickCount: 1 }],
  ] as const)('%s %j', async (name, given) => {
    const plan = planOf(await shipped(name), given, { ring: 1 })
    const reference = referenceSearch(plan)
    const { states, transitions, finding } = exploreFully(plan)
    expect({ states, transitions, finding }).toEqual({
      states: reference.states,
      transitions: reference.steps,
      finding: null,
    })
    expect([...reference.found]).toEqual([])
    expect(reference.withoutEnd).toBe(0)
  })
})

describe('the schedule of a finding', () => {
  test.each([
    ['never-flush', TWO],
    ['early-settle', { ...TWO, preemption: 'hooks' }],
    ['clear-before-flush', { ...TWO, pageCount: 2, frameCount: 2 }],
  ] as const)('%s: is as short as one can be', async (name, given) => {
    const plan = planOf(await fixture(name), given, { gap: 1 })
    const reference = referenceSearch(plan)
    const shortest = Math.min(...reference.found.values())
    const found = exploreFully(plan, true)
    expect(found.scheduleLength).toBe(shortest)
    expect(found.isShortest).toBe(true)
    expect(reference.found.get(found.finding!.invariant)).toBe(shortest)
    expect(found.steps.length).toBe(shortest)
  })

  test('where every step of a state breaks something, the state is not taken for a stuck one', async () => {
    // One CPU, whose only way on from the flush that it leaves out is the false claim.
    const plan = planOf(claimsAtEnd, { ...TWO, cpuCount: 1 })
    const reference = referenceSearch(plan)
    expect([...reference.found.keys()]).not.toContain('I8')
    const found = exploreFully(plan, true)
    expect(found.finding!.invariant).not.toBe('I8')
    expect(found.scheduleLength).toBe(Math.min(...reference.found.values()))
    expect(found.isShortest).toBe(true)
  })

  test.each([0, 1, 2])('who waits for ever in way %i is found at the shortest schedule', async (mode) => {
    const plan = planOf(await fixture('stuck'), TWO, { mode })
    const reference = referenceSearch(plan)
    const found = exploreFully(plan, true)
    expect(found.finding!.invariant).toBe('I8')
    expect(found.isShortest).toBe(true)
    expect(reference.withoutEnd).toBeGreaterThan(0)
  })
})

import { describe, expect, test } from 'vitest'
import { EXPLORATIONS } from '../dist/bench/explorations.js'
import type { StrategyModule } from '../dist/src/contract/strategy.js'
import { DONE } from '../dist/src/contract/ticket.js'
import type { ExploreCase } from '../dist/src/engines/explore/exploreCase.js'
import { SMALL_CASES } from '../dist/src/testing/smallCases.js'
import { base, exploreFully, fixture, planOf, planted, shipped, verdictOf } from './support/explorePlan.js'
import { moduleNames } from '../dist/src/registry.js'

const CASE_NAMES = Object.keys(SMALL_CASES)

describe('what is right is not reported', () => {
  // Whatever is in src/strategies, without being listed anywhere.
  test.each(moduleNames('strategy'))('%s', async (name) => {
    const module = await shipped(name)
    const plans = CASE_NAMES.map((each) =>
      planOf(module, { tickCount: 1, ...SMALL_CASES[each] }, { ring: 1, slots: 1 }),
    )
    // What promises nothing is right if it breaks nothing but what others promise.
    if (module.contract(plans[0].parameters) === 'none') return
    const verdicts = plans.map((plan, index) => [CASE_NAMES[index], verdictOf(plan)])
    expect(verdicts).toEqual(CASE_NAMES.map((each) => [each, 'complete']))
  })

  test.each(['published', 'resends'])('the base %s', async (name) => {
    const module = await base(name)
    const chosen = [
      'steps',
      'one frame',
      'hooks',
      'protect',
      'switch',
      'idle',
      'preempt',
      'guest',
      'wrap',
      'sign',
      'alone',
    ]
    const verdicts = chosen.map((each) => [each, verdictOf(planOf(module, SMALL_CASES[each], { slots: 1 }))])
    expect(verdicts).toEqual(chosen.map((each) => [each, 'complete']))
  })

  test.each([0, 1, 2, 3])('tickets, mode %i', async (mode) => {
    const module = await fixture('tickets')
    expect(verdictOf(planOf(module, { operationCount: 2 }, { mode }))).toBe('complete')
    expect(verdictOf(planOf(module, SMALL_CASES['hooks'], { mode }))).toBe('complete')
  })

  test.each([0, 1, 2])('interrupts for nothing, around strategy %i', async (inner) => {
    expect(verdictOf(planOf(await fixture('spurious'), { operationCount: 2, tickCount: 1 }, { inner }))).toBe(
      'complete',
    )
  })
})

describe('what is planted is found for what it is', () => {
  const invariant = async (name: string, given: Partial<ExploreCase>, parameters = {}) =>
    exploreFully(planOf(await fixture(name), given, parameters), true).finding?.invariant

  test('a claim that was never true is I11', async () => {
    expect(await invariant('never-flush', {})).toBe('I11')
    expect(await invariant('early-settle', {})).toBe('I11')
    expect(await invariant('never-flush', { alphabet: ['protect'] })).toBe('I11')
    expect(await invariant('never-flush', { isGuest: true, operationCount: 2 })).toBe('I11')
  })

  test('an acknowledgement before the flush lets the page be used after the return', async () => {
    const given = { operationCount: 2, pageCount: 2, frameCount: 2 }
    expect(await invariant('clear-before-flush', given, { gap: 1 })).toMatch(/^I(?:1|2|6|11)$/)
  })

  test.each([0, 1, 2])('who waits for ever, in way %i, makes no progress', async (mode) => {
    expect(await invariant('stuck', {}, { mode })).toBe('I8')
  })
})

/** Compared as plain numbers and as unsigned ones, serials break at different places: neither case finds both. */
test.each<[string, () => Promise<StrategyModule>, string, string]>([
  ['by >=', () => planted('compares-serials'), 'complete', 'I11'],
  ['without a sign', () => fixture('unsigned'), 'I11', 'complete'],
])('serials that are compared %s', async (_how, load, wrap, sign) => {
  const module = await load()
  const verdicts = ['wrap', 'sign'].map((each) => verdictOf(planOf(module, SMALL_CASES[each], { ring: 1 })))
  expect(verdicts).toEqual([wrap, sign])
})

test('the case of the tables finds who frees them while a walker has one in hand', async () => {
  const { parameters, ...tables } = EXPLORATIONS.cases.find(({ name }) => name === 'tables')!
  const { finding } = exploreFully(planOf(await planted('frees-tables-by-broadcast'), tables, parameters))
  expect(finding?.invariant).toBe('I4')
  expect(finding?.message).toContain('walks in software')
})

test('the drain waits for stores that are still in a buffer', () => {
  /** Its handler answers with a plain store, and whoever demands waits for that. */
  const answers: StrategyModule<'left', never> = {
    summary: 'plain answers',
    source: 'none',
    parameters: {},
    contract: () => 'reuse',
    assumes: () => ({ timeless: true }),
    words: () => ({ left: { count: 1, stride: 16 } }),
    privateWords: () => ({}),
    create: ({ words }) => ({
      changed: () => DONE,
      finished: () => DONE,
      demanded: (cpu, demand) => {
        cpu.exchange(words.left.base, 1 + demand.owners[0])
        cpu.invalidateAll()
        cpu.interruptAllButSelf()
        return cpu.zero(words.left.base)
      },
      resumed: (cpu) => {
        cpu.settle(0, cpu.issued(0))
        return DONE
      },
      interrupted: (cpu) => {
        cpu.invalidateAll()
        cpu.store(words.left.base, 0)
        return DONE
      },
      switched: (cpu, to) => {
        cpu.activate(to, 1, false)
        return DONE
      },
    }),
  }
  const given = { alphabet: ['advise'] as const, hasStoreBuffer: true }
  // Only CPU 0 has anything to demand: symmetry lets nobody else begin first.
  const symmetric = { ...answers, assumes: () => ({ timeless: true, symmetric: true }) } as StrategyModule
  expect(exploreFully(planOf(symmetric, { ...given, usesSymmetry: true })).finding).toBeNull()
})

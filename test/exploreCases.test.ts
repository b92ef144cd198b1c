import { describe, expect, test } from 'vitest'
import type { StrategyModule } from '../dist/src/contract/strategy.js'
import type { Port } from '../dist/src/contract/port.js'
import { DONE, type Ticket } from '../dist/src/contract/ticket.js'
import type { ExploreCase } from '../dist/src/engines/explore/exploreCase.js'
import { SMALL_CASES } from '../dist/src/testing/smallCases.js'
import { Immediate } from '../dist/src/strategies/immediate.js'
import { exploreFully, base, fixture, planOf, shipped, verdictOf } from './support/explorePlan.js'
import { referenceSearch } from './support/exploreReference.js'
import { moduleNames } from '../dist/src/registry.js'

const CASE_NAMES = Object.keys(SMALL_CASES)

describe('what is right is not reported', () => {
  // Whatever is in src/strategies, without being listed anywhere.
  test.each(moduleNames('strategy'))('%s', async (name) => {
    const module = await shipped(name)
    const verdicts = CASE_NAMES.map((each) => [
      each,
      verdictOf(planOf(module, { tickCount: 1, ...SMALL_CASES[each] }, { ring: 1 })),
    ])
    expect(verdicts).toEqual(CASE_NAMES.map((each) => [each, 'complete']))
  })

  test.each(['activeCpu', 'broadcasts', 'generations', 'idleWake', 'published', 'queues', 'stamps'])(
    'the base %s',
    async (name) => {
      const module = await base(name)
      const chosen = ['steps', 'one frame', 'hooks', 'protect', 'switch', 'idle', 'guest', 'wrap', 'alone']
      const verdicts = chosen.map((each) => [
        each,
        verdictOf(planOf(module, SMALL_CASES[each], { slots: 1 })),
      ])
      expect(verdicts).toEqual(chosen.map((each) => [each, 'complete']))
    },
  )

  test('the base walkerBroadcasts, where tables are freed', async () => {
    const module = await base('walkerBroadcasts')
    const verdicts = ['freed tables', 'hooks'].map((each) => verdictOf(planOf(module, SMALL_CASES[each])))
    expect(verdicts).toEqual(['complete', 'complete'])
  })

  test.each([0, 1, 3])('tickets, mode %i', async (mode) => {
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

  /** Flushes nothing and claims nothing: only the events can tell. */
  const silent = (contract: 'return' | 'reuse', hasPredicate = true): StrategyModule => ({
    summary: 'flushes nothing',
    source: 'none',
    parameters: {},
    contract: () => contract,
    assumes: () => ({ timeless: true }),
    words: () => ({}),
    privateWords: () => ({}),
    create: () => ({
      ...(hasPredicate ? { covered: () => false } : {}),
      changed: () => DONE,
      finished: () => DONE,
      demanded: () => DONE,
      resumed: () => DONE,
      interrupted: () => DONE,
      switched: (cpu, to) => {
        cpu.activate(to, 1, false)
        return DONE
      },
    }),
  })

  test.each<[string, 'return' | 'reuse', Partial<ExploreCase>, string]>([
    ['a page that is gone', 'return', {}, 'I6'],
    ['a permission taken away', 'return', { alphabet: ['protect'] }, 'I3'],
    ['a frame with a new owner', 'reuse', { operationCount: 2, pageCount: 2 }, 'I1'],
    ['an address populated again', 'reuse', { operationCount: 2, frameCount: 2 }, 'I2'],
  ])('%s', (_what, contract, given, expected) => {
    // The shortest schedule: with more steps each of them can break something else as well.
    const { finding, end } = exploreFully(planOf(silent(contract), given), true)
    expect([end, finding?.invariant]).toEqual(['finding', expected])
  })

  test('a watermark that never moves is I9', () => {
    const { finding } = exploreFully(planOf(silent('reuse', false), { alphabet: ['advise'], cpuCount: 1 }))
    expect(finding?.invariant).toBe('I9')
  })

  test('what is kept under a tag while another space is loaded, and found again, is I7', async () => {
    const immediate = await shipped('immediate')
    /** As if a CPU that has left a space need not be told: but this one keeps its entries. */
    class Keeps extends Immediate {
      override switched(cpu: Port, to: number): Ticket {
        this.holders.enter(cpu, to)
        cpu.activate(to, 1 + to, true)
        this.holders.leave(cpu, to === 1 ? 2 : 1)
        return DONE
      }
    }
    const module: StrategyModule = { ...immediate, create: (host) => new Keeps(host) }
    const given = { alphabet: ['advise', 'switch'] as const, operationCount: 2 }
    // CPUs that come back before the return break I6 first: what else is broken, the reference tells.
    expect([...referenceSearch(planOf(module, given)).found.keys()]).toContain('I7')
    expect(exploreFully(planOf(module, given)).finding?.invariant).toMatch(/^I[67]$/)
  })
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

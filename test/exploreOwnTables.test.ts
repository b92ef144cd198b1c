import { describe, expect, test } from 'vitest'
import type { StrategyModule } from '../dist/src/contract/strategy.js'
import type { ExploreCase } from '../dist/src/engines/explore/exploreCase.js'
import type { Port } from '../dist/src/contract/port.js'
import { RadixVm } from '../dist/src/strategies/radixvm.js'
import { OwnTableRound } from '../dist/src/strategies/shared/ownTableRound.js'
import { Sharers } from '../dist/src/strategies/shared/sharers.js'
import { exploreFully, planOf, planted, shipped, verdictOf } from './support/explorePlan.js'

const SMALL: Partial<ExploreCase> = { operationCount: 2, alphabet: ['advise', 'touch'] }
const HOOKS: Partial<ExploreCase> = { ...SMALL, operationCount: 1, preemption: 'hooks' }
const PROTECT: Partial<ExploreCase> = { ...SMALL, alphabet: ['advise', 'touch', 'protect'] }

const DEFECTS: [string, Partial<ExploreCase>, Record<string, number>][] = [
  ['keeps-own-entry', SMALL, {}],
  ['demand-keeps-own-entries', { ...SMALL, alphabet: ['advise', 'touch', 'batch'], frameCount: 2 }, {}],
  ['forgets-sharers-of-present', { ...SMALL, alphabet: ['advise', 'protect', 'batch'] }, {}],
  ['names-core-of-shared', SMALL, {}],
  [
    'version-wrap-ignored',
    { ...SMALL, alphabet: ['advise', 'touch', 'switch'], operationCount: 3 },
    { startVersion: 127 },
  ],
]

describe('late fills give the verdict of fills at any time', () => {
  const agree = (module: StrategyModule, given: Partial<ExploreCase>, parameters = {}) => {
    const late = verdictOf(planOf(module, given, parameters))
    const anytime = verdictOf(planOf(module, { ...given, fills: 'anytime' }, parameters))
    expect(late === 'complete').toBe(anytime === 'complete')
    return late
  }

  test.each(['radixvm', 'abis'])('%s', async (name) => {
    for (const given of [SMALL, HOOKS, PROTECT]) expect(agree(await shipped(name), given)).toBe('complete')
  })

  test.each(DEFECTS)('planted: %s', async (name, given, parameters) => {
    expect(agree(await planted(name), given, parameters)).toMatch(/^I\d+$/)
  })
})

test.each(['radixvm', 'abis'])(
  '%s treats all CPUs alike: the same verdict from fewer states',
  async (name) => {
    for (const given of [SMALL, HOOKS]) {
      const [reduced, full] = await Promise.all(
        [true, false].map(async (usesSymmetry) =>
          exploreFully(planOf(await shipped(name), { ...given, usesSymmetry })),
        ),
      )
      expect([reduced.end, full.end]).toEqual(['complete', 'complete'])
      expect(reduced.states).toBeLessThan(full.states)
    }
  },
)

describe('an entry that is dropped from the own table may have been cached until then', () => {
  /** Takes CPUs out of the set of a page that stays: right, as long as each clears its table before its TLB. */
  class ForgetsAll extends Sharers {
    override gather(...[cpu, entry, into]: Parameters<Sharers['gather']>): void {
      super.gather(cpu, entry, into, true)
    }
  }
  class TlbFirst extends OwnTableRound {
    protected override flushHere(cpu: Port, space: number, first: number, pages: number): void {
      cpu.invalidateSpace(space)
      this.dropOwn(cpu, first, pages)
    }
  }
  const verdict = async (Round: typeof OwnTableRound) => {
    const module = await shipped('radixvm')
    const create: StrategyModule['create'] = (host) => new RadixVm(host, { Round, Sharers: ForgetsAll })
    const roles: ExploreCase['roles'] = [['protect', 'advise'], []]
    return verdictOf(
      planOf({ ...module, create }, { ...HOOKS, operationCount: 2, roles, alphabet: ['advise', 'protect'] }),
    )
  }

  test('the table first', async () => {
    expect(await verdict(OwnTableRound)).toBe('complete')
  })

  test('the TLB first', async () => {
    expect(await verdict(TlbFirst)).toMatch(/^I\d+$/)
  })
})

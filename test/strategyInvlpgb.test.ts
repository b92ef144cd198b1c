import { describe, expect, test } from 'vitest'
import type { Port } from '../dist/src/contract/port.js'
import type { StrategyModule } from '../dist/src/contract/strategy.js'
import { DONE } from '../dist/src/contract/ticket.js'
import { runSim } from '../dist/src/engines/sim/engine.js'
import { COUNT_BROADCAST_SYNCS, COUNT_BROADCASTS } from '../dist/src/machine/counters.js'
import invlpgb, { Invlpgb } from '../dist/src/strategies/invlpgb.js'
import { planOf as explorePlan, verdictOf } from './support/explorePlan.js'
import { invariantsOf, planOf, type CellOptions } from './support/runCell.js'

const OPS = 6

/** Setup and one pass: the first op of the pass is the first of all. */
async function counts(pages: number, cpus: number, more: Partial<CellOptions> = {}) {
  const plan = await planOf({
    strategy: 'invlpgb',
    workload: 'munmap-storm',
    parameters: { pages, ops: OPS, pauseNs: 0, readerPages: 2, readerWorkNs: 0 },
    cpus,
    oracle: 'full',
    ...more,
  })
  const result = runSim({ plan, random: () => 0, warmupPasses: 0, mayRepeatPasses: true })
  expect(invariantsOf(result)).toEqual([])
  const { ipis, flushRounds, pagesInvalidated, fullFlushes, counters } = result.figures
  const [broadcasts, syncs] = [counters[COUNT_BROADCASTS], counters[COUNT_BROADCAST_SYNCS]]
  return { ipis, flushRounds, pagesInvalidated, fullFlushes, broadcasts, syncs }
}

/** Linux' numbers: chunks of 8 pages on Milan, whole tags above 33. */
function formula(pages: number, cpus: number, threshold = 3, chunk = 8) {
  const others = cpus - 1
  const isFull = pages > 33
  // A round that reaches nobody is none.
  const rounds = cpus === 1 ? 0 : 1
  const flushes = (byHowMany: number) => ({
    pagesInvalidated: isFull ? 0 : byHowMany * pages,
    fullFlushes: isFull ? byHowMany : 0,
  })
  if (cpus <= threshold)
    return {
      ipis: OPS * others,
      flushRounds: OPS * rounds,
      ...flushes(OPS * cpus),
      broadcasts: 0,
      syncs: 0,
    }
  const perOp = isFull ? 1 : Math.ceil(pages / chunk)
  return {
    // The first by itself, the second because nobody else is under the global tag yet.
    ipis: 2 * others,
    flushRounds: 2 * rounds,
    ...flushes(cpus + others),
    broadcasts: (OPS - 1) * perOp,
    syncs: OPS - 1,
  }
}

describe('closed forms', () => {
  test.each([1, 8, 9, 33, 34])('%i pages: rounds up to 3 CPUs, broadcasts from 4 on', async (pages) => {
    for (const cpus of [1, 2, 3, 4, 8])
      expect(await counts(pages, cpus), `${cpus} CPUs`).toEqual(formula(pages, cpus))
  })

  test('threshold, chunk and number of tags are parameters', async () => {
    expect(await counts(9, 4, { strategyParameters: { threshold: 4 } })).toEqual(formula(9, 4, 4))
    expect(await counts(9, 2, { strategyParameters: { threshold: 1 } })).toEqual(formula(9, 2, 1))
    expect(await counts(9, 5, { strategyParameters: { pagesPerBroadcast: 2 } })).toEqual(formula(9, 5, 3, 2))
    // Without a tag left it goes on as it was.
    expect(await counts(9, 5, { strategyParameters: { tags: 0 } })).toEqual(formula(9, 5, 5))
  })

  test('the machine splits what one operation of it cannot name', async () => {
    const profileSets = ['memory.frames=8192', 'broadcast.pagesPerOperation=3']
    expect(await counts(9, 5, { profileSets })).toMatchObject({
      broadcasts: (OPS - 1) * (Math.ceil(8 / 3) + 1),
    })
  })

  test('at 4 CPUs others go on interrupting', async () => {
    const others = await counts(1, 4, { strategy: 'batched' })
    expect(others.ipis).toBe(OPS * 3)
  })
})

/** Every space that any CPU runs gets a global tag; every space that two do. */
describe.each([0, 1])('in every interleaving of a small case, above %i CPUs', (threshold) => {
  const verdict = (module: StrategyModule, given: Parameters<typeof explorePlan>[1]) =>
    verdictOf(explorePlan(module, given, { threshold }))

  test.each<[string, Parameters<typeof explorePlan>[1]]>([
    ['two operations', { operationCount: 2 }],
    ['inside hooks', { preemption: 'hooks' }],
    ['a switch', { operationCount: 2, alphabet: ['advise', 'touch', 'switch'] }],
    ['a switch inside hooks', { alphabet: ['advise', 'switch'], preemption: 'hooks' }],
    [
      'freed tables',
      { operationCount: 2, alphabet: ['remap', 'populate', 'pin'], freesTables: true, frameCount: 3 },
    ],
  ])('%s', (_what, given) => {
    expect(verdict(invlpgb, given)).toBe('complete')
  })

  /** CPU 1 has not taken the global tag over, and no interrupt tells it. */
  class NoTransition extends Invlpgb {
    protected override tellStragglers(): typeof DONE {
      return DONE
    }
  }
  /** The CPU passes for moved while its old tag is loaded. */
  class NotesFirst extends Invlpgb {
    protected override load(cpu: Port, space: number, globalTag: number): void {
      if (globalTag !== 0) this.globals.noteRunning(cpu, globalTag)
      super.load(cpu, space, globalTag)
    }
  }

  /** CPU 1 is on its way to the global tag in an operation of its own, while CPU 0 changes another page. */
  const NOTES_FIRST = {
    pageCount: 2,
    operationCount: 2,
    frameCount: 2,
    preemption: 'hooks',
    alphabet: ['advise', 'protect'],
    roles: [['protect', 'advise'], ['protect']],
  } as const

  test.each<[string, typeof Invlpgb, Parameters<typeof explorePlan>[1]]>([
    ['without interrupts to stragglers', NoTransition, { operationCount: 2 }],
    ['that notes the tag before it is loaded', NotesFirst, { ...NOTES_FIRST }],
  ])('one %s is found', (_what, Kind, given) => {
    const module: StrategyModule = { ...invlpgb, create: (host) => new Kind(host) }
    expect(verdict(module, given)).toMatch(/^I/)
  })
})

import { describe, expect, test } from 'vitest'
import { planOf, shipped, verdictOf } from './support/explorePlan.js'
import { simCell, type CellOptions } from './support/runCell.js'

const read = (parameters: Record<string, number>, more: Partial<CellOptions> = {}) =>
  simCell({ strategy: 'mermap', workload: 'mermap-read', parameters, cpus: 4, oracle: 'full', ...more })

/** Steady from pass to pass: the ops are whole laps of the window, one page of which is kept in reserve. */
const CASES = [
  { pages: 1, window: 512, ops: 1022 },
  { pages: 8, window: 512, ops: 126 },
  { pages: 3, window: 16, ops: 20 },
  { pages: 5, window: 6, ops: 7 },
] as const

const CEILING = 33

describe('on wrap: one flush here for each lap, no interrupt', () => {
  test.each(CASES)('$pages of $window pages, $ops times', async ({ pages, window, ops }) => {
    const perLap = Math.floor((window - 1) / pages)
    const laps = ops / perLap
    const put = perLap * pages
    const { figures, violations } = await read({ pages, window, ops })
    expect(figures).toMatchObject({
      ops,
      ipis: 0,
      flushRounds: 0,
      fullFlushes: put > CEILING ? laps : 0,
      pagesInvalidated: put > CEILING ? 0 : laps * put,
    })
    expect(violations).toEqual([])
  })

  test('a last lap that is not full costs nothing yet', async () => {
    // 5 gets a lap: the measured pass begins after 4 and makes 4 more, so it wraps at its second.
    const { figures } = await read({ pages: 3, window: 16, ops: 4 })
    expect(figures).toMatchObject({ pagesInvalidated: 5 * 3, fullFlushes: 0 })
  })
})

test.each(CASES)(
  'on put: each flushes what it takes out, $pages of $window',
  async ({ pages, window, ops }) => {
    const { figures, violations } = await read(
      { pages, window, ops },
      { strategyParameters: { 'mermap.flushOn': 1 } },
    )
    expect(figures).toMatchObject({ ops, ipis: 0, fullFlushes: 0, pagesInvalidated: ops * pages })
    expect(violations).toEqual([])
  },
)

test('who takes a window for memory of the space interrupts all that run it, at each put', async () => {
  const { figures, violations } = await read({ pages: 3, ops: 20 }, { strategy: 'batched' })
  expect(figures).toMatchObject({ ipis: 20 * 3, flushRounds: 20, pagesInvalidated: 20 * 3 * 4 })
  expect(violations).toEqual([])
})

describe('where an entry must be broken before another one is made', () => {
  const given = { alphabet: ['window' as const], operationCount: 3, breaksBeforeMake: true }

  test('a flush of this CPU is not enough: another may have walked there', async () => {
    const mermap = await shipped('mermap')
    expect(verdictOf(planOf(mermap, given))).toBe('I11')
    expect(verdictOf(planOf(mermap, { ...given, breaksBeforeMake: false }))).toBe('complete')
  })

  test('a round on all that run the space is', async () => {
    expect(verdictOf(planOf(await shipped('batched'), given))).toBe('complete')
  })
})

test('a rewind without a flush is found on tapes too', async () => {
  const { violations } = await read({ pages: 1, window: 2, ops: 8 }, { strategy: 'put-left-unflushed' })
  expect(violations.map(({ invariant }) => invariant)).toContain('I2')
})

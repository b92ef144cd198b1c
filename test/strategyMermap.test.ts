import { describe, expect, test } from 'vitest'
import type { WorkloadModule } from '../dist/src/contract/workload.js'
import { moduleNames } from '../dist/src/registry.js'
import { planOf, planted, shipped, verdictOf } from './support/explorePlan.js'
import { loadStrategy, simCell, threadsCell, type CellOptions } from './support/runCell.js'

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

test.each(CASES)('on put: each flushes what it takes out, $pages of $window', async ({ pages, window, ops }) => {
  const { figures, violations } = await read({ pages, window, ops }, { strategyParameters: { flushOn: 1 } })
  expect(figures).toMatchObject({ ops, ipis: 0, fullFlushes: 0, pagesInvalidated: ops * pages })
  expect(violations).toEqual([])
})

test('who takes a window for memory of the space interrupts all that run it, at each put', async () => {
  const { figures, violations } = await read({ pages: 3, ops: 20 }, { strategy: 'batched' })
  expect(figures).toMatchObject({ ipis: 20 * 3, flushRounds: 20, pagesInvalidated: 20 * 3 * 4 })
  expect(violations).toEqual([])
})

/** Windows beside everything else, several at a time, in two spaces, while all CPUs change the same pages. */
const MIXED: WorkloadModule = {
  summary: 'windows among other operations',
  source: 'none',
  op: 'one round',
  parameters: {},
  write: (plan) => {
    plan.window(8)
    const shared = plan.handle()
    for (let cpu = 0; cpu < plan.initiatorCount; cpu++) {
      const tape = plan.tape(cpu)
      const [long, short, other, guest] = [plan.handle(), plan.handle(), plan.handle(), plan.handle()]
      if (cpu === 0) tape.map(shared, 4, { writable: true })
      tape.body()
      for (let round = 0; round < 24; round++) {
        tape.op(() => {
          tape.get(long, 1 + plan.random(2), plan.random(4096))
          tape.write(shared, 0, 4)
          for (let i = 0; i < 3; i++) {
            tape.get(short, 1 + plan.random(3), plan.random(4096))
            tape.readKernel(short, 0, 1)
            if (plan.random(2) === 0) tape.adviseAway(shared, plan.random(4), 1)
            tape.put(short)
          }
          tape.readKernel(long, 0, 1)
          tape.put(long)
        })
        tape.batch(() => {
          tape.adviseAway(shared, plan.random(4), 1)
          tape.get(short, 3, round)
          tape.readKernel(short, 0, 3)
          tape.put(short)
          tape.get(short, 3, round)
          tape.put(short)
        })
        if (plan.random(3) > 0) continue
        tape.switchTo(2 + (cpu % 2))
        tape.map(guest, 2, { writable: true, guest: true })
        tape.write(guest, 0, 2)
        tape.get(other, 2, 7)
        tape.readKernel(other, 0, 2)
        tape.put(other)
        tape.unmap(guest)
        tape.switchTo(1)
      }
    }
  },
}

describe('every strategy keeps windows right', () => {
  test.each(moduleNames('strategy'))('%s', async (name) => {
    const cell = { strategy: name, workload: MIXED, cpus: 4, initiators: 3, oracle: 'full' } as const
    const { violations, contract } = await simCell(cell)
    if (contract !== 'none') expect(violations).toEqual([])
  })

  test('and one that flushes nothing is found', async () => {
    const { violationCount } = await simCell({ strategy: 'never', workload: MIXED, cpus: 2, oracle: 'full' })
    expect(violationCount).toBeGreaterThan(0)
    const { violations } = await read(
      { pages: 1, window: 2, ops: 8 },
      { module: await planted('put-left-unflushed') },
    )
    expect(violations.map(({ invariant }) => invariant)).toContain('I2')
  })

  test('on real threads', async () => {
    for (const strategy of ['mermap', 'lazy']) {
      const { violations } = await threadsCell({
        strategy,
        workload: MIXED,
        cpus: 2,
        initiators: 2,
        oracle: 'full',
      })
      expect(violations).toEqual([])
    }
  })
})

describe('where an entry must be broken before another one is made', () => {
  const given = { alphabet: ['window' as const], operationCount: 3, breaksBeforeMake: true }

  test('a flush of this CPU is not enough: another may have walked there', async () => {
    const mermap = await shipped('mermap')
    expect(verdictOf(planOf(mermap, given))).toBe('I11')
    expect(verdictOf(planOf(mermap, { ...given, breaksBeforeMake: false }))).toBe('complete')
  })

  test('a round on all that run the space is', async () => {
    expect(verdictOf(planOf(await loadStrategy('batched'), given))).toBe('complete')
  })
})

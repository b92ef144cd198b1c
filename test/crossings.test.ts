import { describe, expect, test } from 'vitest'
import type { ExploreCase } from '../dist/src/engines/explore/exploreCase.js'
import { mixedWorkload } from '../dist/src/testing/mixedWorkload.js'
import { fixture, planOf, verdictOf } from './support/explorePlan.js'
import { loadStrategy, simCell, threadsCell, type CellOptions } from './support/runCell.js'

// The fixture throws where a hook runs on the wrong side.
const crossings = await fixture('crossings')

describe('every hook of the kernel comes after `entered` and before `left`', () => {
  test.each([2, 4])('in virtual time, %i CPUs that do everything', async (cpus) => {
    const workload = mixedWorkload(3, 60)
    const cell: CellOptions = { strategy: 'crossings', workload, cpus, initiators: cpus, oracle: 'full' }
    expect((await simCell(cell)).violations).toEqual([])
  })

  test('on workers', async () => {
    const cell: CellOptions = {
      strategy: 'crossings',
      workload: 'madvise-page',
      parameters: { ops: 8 },
      cpus: 2,
    }
    expect((await threadsCell({ ...cell, oracle: 'full' })).violations).toEqual([])
  })

  test.each<[string, Partial<ExploreCase>]>([
    ['handlers', { preemption: 'hooks', alphabet: ['advise'] }],
    ['idleness', { alphabet: ['advise', 'idle'], operationCount: 2 }],
    ['ticks', { tickCount: 1 }],
    ['kernel mappings', { isGuest: true, operationCount: 2, alphabet: ['advise'] }],
  ])('in every interleaving: %s', (_what, given) => {
    expect(verdictOf(planOf(crossings, given))).toBe('complete')
  })
})

/** What hooks that do nothing cost: nothing. */
test('being told changes no count and no time', async () => {
  const cell: CellOptions = {
    strategy: 'crossings',
    workload: 'munmap-storm',
    parameters: { ops: 4 },
    cpus: 4,
  }
  const untold = { ...(await loadStrategy('immediate')), assumes: () => ({ timeless: true, tickNs: 50_000 }) }
  const [told, plain] = [await simCell(cell), await simCell({ ...cell, module: untold })]
  expect(told.figures.ipis).toBe(plain.figures.ipis)
  expect(told.figures.pagesInvalidated).toBe(plain.figures.pagesInvalidated)
  expect(told.figures.opsNs).toEqual(plain.figures.opsNs)
})

import { describe, expect, test } from 'vitest'
import { invariantsOf, OWN_STRATEGIES, simCell, threadsCell, type CellOptions } from './support/runCell.js'

const cell = (strategy: string, more: Partial<CellOptions> = {}): CellOptions => ({
  strategy,
  workload: 'munmap-storm',
  parameters: { pages: 4, ops: 8, pauseNs: 20_000 },
  cpus: 3,
  oracle: 'full',
  ...more,
})

describe('an answer of covered', () => {
  test('that is false when it is given is a violation', async () => {
    const result = await simCell(cell('covers-early'))
    expect(invariantsOf(result)).toContain('I11')
    expect(result.violations.find(({ invariant }) => invariant === 'I11')?.message).toContain(
      'covered claims',
    )
  })

  test('is none where nobody else holds the page', async () => {
    expect(invariantsOf(await simCell(cell('covers-early', { cpus: 1 })))).toEqual([])
  })
})

describe('a deadline', () => {
  test('that has passed is a violation, in virtual time and on threads', async () => {
    const sim = await simCell(cell('past-deadline', { parameters: { pages: 4, ops: 8, pauseNs: 3_000_000 } }))
    expect(invariantsOf(sim)).toEqual(['I9'])
    expect(sim.violations[0].message).toContain('1000000 ns after it was made, its deadline')
    const threads = cell('past-deadline', { cpus: 2, parameters: { pages: 4, ops: 8, pauseNs: 3_000_000 } })
    expect(invariantsOf(await threadsCell(threads))).toEqual(['I9'])
  })

  test('that is kept is none', async () => {
    const kept = { strategyParameters: { deadlineUs: 1_000_000 } }
    expect((await simCell(cell('past-deadline', kept))).violations).toEqual([])
    expect((await threadsCell(cell('past-deadline', { ...kept, cpus: 2 }))).violations).toEqual([])
  })
})

describe('a machine that demands break-before-make', () => {
  const strict = { profileSets: ['memory.frames=8192', 'tlb.breakBeforeMake=yes'] }
  const advise = { workload: 'madvise-page', parameters: { pages: 8, ops: 16, shared: 1 } }

  test('reports an old translation beside a new one, also in a handler that is about to flush it', async () => {
    const result = await simCell(cell('clear-before-flush', { ...advise, ...strict }))
    expect(invariantsOf(result)).toContain('I10')
    const lenient = await simCell(cell('clear-before-flush', advise))
    expect(invariantsOf(lenient)).not.toContain('I10')
    const seen = new Set<string>()
    for (let tries = 0; tries < 20 && !seen.has('I10'); tries++) {
      const planted = cell('local-only', { ...advise, ...strict, cpus: 2 })
      for (const name of invariantsOf(await threadsCell(planted))) seen.add(name)
    }
    expect([...seen]).toContain('I10')
  })

  test.each(OWN_STRATEGIES)('has nothing to report of %s', async (strategy) => {
    for (const workload of ['madvise-page', 'web-server']) {
      const options = cell(strategy, { workload, parameters: { ops: 16 }, ...strict })
      expect((await simCell(options)).violations).toEqual([])
      expect((await threadsCell({ ...options, cpus: 2 })).violations).toEqual([])
    }
  })
})

import { describe, expect, test } from 'vitest'
import type { StrategyModule } from '../dist/src/contract/strategy.js'
import type { WorkloadModule } from '../dist/src/contract/workload.js'
import { buildCells, cellKey, cellName, type CellRequest } from '../dist/src/harness/cells.js'
import { filterCells, planBlocks } from '../dist/src/harness/plan.js'
import { parseSpecs } from '../dist/src/harness/spec.js'
import { usageErrorOf } from './support/usage.js'

const parameter = { default: 4, min: 1, max: 64, unit: 'n', summary: '', source: '', quick: 2 }
const strategyModule = {
  parameters: { ceiling: parameter },
  contract: () => 'return',
} as unknown as StrategyModule
const workloadModule = { parameters: { pages: parameter } } as unknown as WorkloadModule

function choices<M>(text: string, module: M) {
  return parseSpecs('--x', text).map((spec) => ({
    spec,
    loaded: { name: spec.name, file: `/${spec.name}.js`, module },
  }))
}

function cells(strategies: string, workloads: string, more: Partial<CellRequest> = {}) {
  return buildCells({
    engines: ['threads', 'sim'],
    strategies: choices(strategies, strategyModule),
    workloads: choices(workloads, workloadModule),
    cpus: { sim: [2, 8], threads: [2] },
    quick: false,
    ...more,
  })
}

describe('cells', () => {
  test('are every engine x strategy x workload x CPU count', () => {
    const names = cells('a,b', 'w').map(cellName)
    expect(names.toSorted()).toEqual([
      'sim/a/w/2',
      'sim/a/w/8',
      'sim/b/w/2',
      'sim/b/w/8',
      'threads/a/w/2',
      'threads/b/w/2',
    ])
  })

  test('of one strategy with different parameters are different cells, with the same parameters one', () => {
    const sim = { engines: ['sim'], cpus: { sim: [2], threads: [] } } as const
    expect(cells('a:ceiling=1,a:ceiling=2,a', 'w', sim).map((cell) => cell.params)).toEqual([
      'strategy.ceiling=1',
      'strategy.ceiling=2',
      '',
    ])
    expect(cells('a,a,a:ceiling=4', 'w', sim)).toHaveLength(1)
  })

  test('carry every parameter resolved, and show what is not the default', () => {
    const [cell] = cells('a:ceiling=9', 'w:pages=3;readers=1', {
      engines: ['sim'],
      cpus: { sim: [4], threads: [] },
    })
    expect(cell.params).toBe('strategy.ceiling=9;workload.pages=3;workload.readers=1')
    expect(cell.strategy).toEqual({
      name: 'a',
      file: '/a.js',
      parameters: { ceiling: 9, skipGained: 1, skipTorn: 0, skipUntouched: 0 },
    })
    expect(cell.workload.parameters).toEqual({ pages: 3, initiators: 1, readers: 1 })
    const [quick] = cells('a', 'w:pages=4', {
      quick: true,
      engines: ['sim'],
      cpus: { sim: [4], threads: [] },
    })
    expect(quick.params).toBe('strategy.ceiling=2')
  })

  test('that cannot be are refused by name', async () => {
    expect(await usageErrorOf(() => cells('a', 'w:readers=4'))).toContain('cell threads/a/w/2')
    expect(await usageErrorOf(() => cells('a', 'w:initiator=4'))).toContain('did you mean initiators?')
    expect(await usageErrorOf(() => cells('a', 'w', { cpus: { sim: [2], threads: [65] } }))).toContain(
      'up to 64 workers',
    )
    const wrong = choices('a', { ...strategyModule, contract: () => 'maybe' } as unknown as StrategyModule)
    expect(await usageErrorOf(() => cells('a', 'w', { strategies: wrong }))).toContain(
      'its contract is maybe',
    )
  })
})

describe('the plan', () => {
  const all = cells('a,b', 'v,w')
  const order = (seed: number) =>
    planBlocks(all, { sim: 1, threads: 3 }, seed).map((block) =>
      block.jobs.map((job) => `${cellKey(job.cell)} ${job.repetition} ${job.oracle}`),
    )

  test('is sim first, then threads', () => {
    const blocks = planBlocks(all, { sim: 1, threads: 3 }, 1)
    expect(blocks.map((block) => block.engine)).toEqual(['sim', 'threads'])
    expect(blocks.every((block) => block.jobs.every((job) => job.cell.engine === block.engine))).toBe(true)
  })

  test('has one verified repetition of each cell, number 0, and the measured ones after it', () => {
    for (const cell of all) {
      const jobs = planBlocks(all, { sim: 1, threads: 3 }, 1)
        .flatMap((block) => block.jobs)
        .filter((job) => job.cell === cell)
      const repetitions = jobs.map((job) => `${job.repetition} ${job.oracle}`).toSorted()
      const measured = cell.engine === 'sim' ? ['1 local'] : ['1 local', '2 local', '3 local']
      expect(repetitions).toEqual(['0 full', ...measured])
    }
  })

  test('is the same for the same seed, another for another, and not the order of the matrix', () => {
    expect(order(1)).toEqual(order(1))
    expect(order(2)).not.toEqual(order(1))
    expect(order(2).map((block) => block.toSorted())).toEqual(order(1).map((block) => block.toSorted()))
    expect(order(1)[1]).not.toEqual(order(1)[1].toSorted())
  })

  test('spreads each cell over the block instead of running it in one piece', () => {
    const blocks = planBlocks(cells('a,b', 'v,w'), { sim: 20, threads: 20 }, 7)
    for (const { jobs } of blocks) {
      const neighbours = jobs.filter((job, at) => at > 0 && job.cell === jobs[at - 1].cell).length
      expect(neighbours).toBeLessThan(jobs.length / 2)
    }
  })
})

describe('--filter', () => {
  const all = cells('a,b', 'w')
  test('keeps what its expression matches, all of it without', () => {
    expect(filterCells(all, 'sim/.*/8$').map(cellName)).toEqual(['sim/a/w/8', 'sim/b/w/8'])
    expect(filterCells(all, undefined)).toEqual(all)
  })

  test('that is broken or matches nothing is refused', async () => {
    expect(await usageErrorOf(() => filterCells(all, '('))).toContain('not a regular expression')
    expect(await usageErrorOf(() => filterCells(all, 'zap'))).toContain('matches none of the 6 cells')
  })
})

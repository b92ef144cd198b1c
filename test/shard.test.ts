import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Cell } from '../dist/src/harness/cells.js'
import { cellsOfShard } from '../dist/src/harness/shard.js'
import { parseShard } from '../dist/src/harness/shardOption.js'
import { usageErrorOf } from './support/usage.js'

const cellArbitrary = fc
  .record({
    engine: fc.constantFrom('sim', 'threads'),
    strategy: fc.constantFrom('a', 'b', 'c'),
    ceiling: fc.integer({ min: 0, max: 2 }),
    workload: fc.constantFrom('v', 'w', 'x'),
    pages: fc.integer({ min: 0, max: 2 }),
    cpus: fc.constantFrom(2, 8, 64),
  })
  .map(({ engine, strategy, ceiling, workload, pages, cpus }) => {
    const params = [
      ...(ceiling > 0 ? [`strategy.ceiling=${ceiling}`] : []),
      ...(pages > 0 ? [`workload.pages=${pages}`] : []),
    ]
    return {
      engine,
      strategy: { name: strategy },
      workload: { name: workload },
      cpus,
      params: params.join(';'),
      // What the cells of one comparison have in common, said here a second time.
      work: [engine, workload, pages, cpus].join(' '),
    } as unknown as Cell & { work: string }
  })
const matrixArbitrary = fc.uniqueArray(cellArbitrary, {
  selector: (cell) => JSON.stringify(cell),
  maxLength: 80,
})
const shardsOf = <C extends Cell>(cells: C[], count: number) =>
  Array.from({ length: count }, (_, at) => cellsOfShard(cells, { index: at + 1, count }) as C[])

describe('the shards of a matrix', () => {
  test('together are the matrix, each cell once, in its order', () => {
    fc.assert(
      fc.property(matrixArbitrary, fc.integer({ min: 1, max: 12 }), (cells, count) => {
        const shards = shardsOf(cells, count)
        expect(shards.flat()).toHaveLength(cells.length)
        expect(new Set(shards.flat())).toEqual(new Set(cells))
        for (const shard of shards) expect(shard).toEqual(cells.filter((cell) => shard.includes(cell)))
      }),
    )
  })

  test('keep together what is compared, and differ by one piece of work at most', () => {
    fc.assert(
      fc.property(matrixArbitrary, fc.integer({ min: 1, max: 12 }), (cells, count) => {
        const works = shardsOf(cells, count).map((shard) => new Set(shard.map((cell) => cell.work)))
        const all = works.flatMap((set) => [...set])
        expect(new Set(all).size).toBe(all.length)
        const sizes = works.map((set) => set.size)
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
      }),
    )
  })
})

const SLURM = {
  SLURM_ARRAY_TASK_MIN: '4',
  SLURM_ARRAY_TASK_MAX: '16',
  SLURM_ARRAY_TASK_COUNT: '4',
}

describe('--shard', () => {
  test.each<[string, Record<string, string>, string]>([
    ['2/4', {}, '2/4'],
    ['auto', { ...SLURM, SLURM_ARRAY_TASK_ID: '4' }, '1/4'],
    ['auto', { ...SLURM, SLURM_ARRAY_TASK_ID: '16' }, '4/4'],
    // --array=7: the only one.
    [
      'auto',
      {
        SLURM_ARRAY_TASK_ID: '7',
        SLURM_ARRAY_TASK_MIN: '7',
        SLURM_ARRAY_TASK_MAX: '7',
        SLURM_ARRAY_TASK_COUNT: '1',
      },
      '1/1',
    ],
    ['auto', { CI_NODE_INDEX: '1', CI_NODE_TOTAL: '3' }, '1/3'],
    ['auto', { CIRCLE_NODE_INDEX: '0', CIRCLE_NODE_TOTAL: '3' }, '1/3'],
    ['auto', { BUILDKITE_PARALLEL_JOB: '2', BUILDKITE_PARALLEL_JOB_COUNT: '3' }, '3/3'],
    ['auto', { SYSTEM_JOBPOSITIONINPHASE: '3', SYSTEM_TOTALJOBSINPHASE: '3' }, '3/3'],
    // A GitLab job that is not parallel, on a Slurm array.
    ['auto', { ...SLURM, SLURM_ARRAY_TASK_ID: '8', CI_NODE_TOTAL: '1' }, '2/4'],
  ])('%s in %j is %s', (text, environment, expected) => {
    const { index, count } = parseShard(text, environment)
    expect(`${index}/${count}`).toBe(expected)
  })

  test.each<[string, Record<string, string>, string]>([
    ['0/4', {}, 'there is no shard 0 of 4'],
    ['5/4', {}, 'there is no shard 5 of 4'],
    ['1/0', {}, '0 shards, outside 1 to 10000'],
    ['1/20000', {}, '20000 shards'],
    ['2', {}, 'not INDEX/COUNT'],
    ['-1/2', {}, 'not INDEX/COUNT'],
    ['1/2/3', {}, 'not INDEX/COUNT'],
    ['', {}, 'not INDEX/COUNT'],
    ['auto', {}, 'none of these is set: SLURM_ARRAY_TASK_ID, CI_NODE_INDEX, CIRCLE_NODE_INDEX'],
    ['auto', { CI_NODE_TOTAL: '1' }, 'none of these is set'],
    ['auto', { CI_NODE_INDEX: '1' }, 'CI_NODE_TOTAL is not set'],
    ['auto', { CIRCLE_NODE_INDEX: 'x', CIRCLE_NODE_TOTAL: '2' }, "CIRCLE_NODE_INDEX is 'x'"],
    ['auto', { CIRCLE_NODE_INDEX: '2', CIRCLE_NODE_TOTAL: '2' }, 'there is no shard 3 of 2'],
    [
      'auto',
      { CI_NODE_INDEX: '1', CI_NODE_TOTAL: '2', CIRCLE_NODE_INDEX: '0' },
      'GitLab (CI_NODE_INDEX) and CircleCI (CIRCLE_NODE_INDEX)',
    ],
    // --array=4,6,9,16
    ['auto', { ...SLURM, SLURM_ARRAY_TASK_ID: '9' }, 'not evenly spaced'],
    [
      'auto',
      { ...SLURM, SLURM_ARRAY_TASK_MAX: '9', SLURM_ARRAY_TASK_ID: '4' },
      'the 4 ids of this array, from 4 to 9, are not evenly spaced',
    ],
  ])('%j in %j is refused', async (text, environment, reason) => {
    expect(await usageErrorOf(() => parseShard(text, environment))).toContain(reason)
  })
})

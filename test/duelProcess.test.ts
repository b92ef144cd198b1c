import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { open } from '../dist/bench/contestant.js'
import type { ContestantRequest } from '../dist/bench/contestantProtocol.js'
import { WALL_CLOCK } from '../dist/bench/gate.js'
import { RULE } from '../dist/src/gate/decide.js'
import { judgeBuilds } from '../dist/src/gate/judgement.js'
import { randomOf } from '../dist/src/harness/random.js'
import { ROOT } from './support/steeredBench.js'
import { TreeCopy } from './support/treeCopy.js'

const THREADS = {
  kind: 'threads',
  strategy: 'immediate',
  workload: 'munmap-storm:ops=4',
  cpus: 2,
  seed: 1,
} as const
const SUITE = { kind: 'suite', suite: 'sim-hits', side: 'hit' } as const
const NEVER_FLUSH = join(ROOT, 'test', 'fixtures', 'strategies', 'never-flush.mjs')

let trees: TreeCopy[]
beforeAll(() => void (trees = [new TreeCopy(), new TreeCopy()]))
afterAll(() => trees.forEach((tree) => tree.remove()))

test('every cell of the matrix has a name of its own and can be opened', { timeout: 60_000 }, async () => {
  const names = WALL_CLOCK.cells.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  for (const { request } of WALL_CLOCK.cells) {
    const contestant = await open(request as ContestantRequest)
    await contestant.close()
  }
})

/** The real process, each for a moment: what it says of builds that cannot be compared, and of one that is unsafe. */
describe('the process that is one observation', () => {
  const roots = () => ({ base: trees[0].root, head: trees[1].root, again: ROOT })
  const observed: number[] = []
  const judged = (request: ContestantRequest, root = roots()) =>
    judgeBuilds([{ name: 'a', request, isDefault: true, cores: 2 }], {
      entry: WALL_CLOCK.entry,
      roots: root,
      warmupMs: 1,
      measuredMs: 1,
      rule: RULE,
      random: randomOf(1, 0),
      signal: new AbortController().signal,
      nowMs: () => 0,
      endMs: 1,
      mostProcesses: 6,
      onObservation: (_cell, _batch, { rounds, ns }) =>
        void observed.push(rounds, ns.base, ns.head, ns.again),
      onSuspects: () => {},
    })

  test('measures three builds, at least five rounds', async () => {
    const { cells } = await judged(SUITE)
    expect(cells[0].batch.processes).toBe(6)
    expect(observed).toHaveLength(6 * 4)
    expect(Math.min(...observed.filter((_, at) => at % 4 === 0))).toBeGreaterThanOrEqual(5)
    expect(Math.min(...observed)).toBeGreaterThan(0)
  })

  test('says that a base without the strategy cannot be slower', async () => {
    const tree = new TreeCopy()
    rmSync(tree.path('dist', 'src', 'strategies', 'lazy.js'))
    const found = judged({ ...THREADS, strategy: 'lazy' }, { ...roots(), base: tree.root })
    await expect(found).rejects.toThrow(/^no samples: not one cell can be compared\n.*lazy/)
    const other = judged({ ...THREADS, strategy: 'lazy' }, { ...roots(), head: tree.root })
    await expect(other).rejects.toThrow(/^a: head: .*lazy/)
    tree.remove()
  })

  test('says that a base with other tapes does other work, and one with another protocol, too', async () => {
    const tree = new TreeCopy()
    const base = { ...roots(), base: tree.root }
    tree.edit('dist/bench/threadsContestant.js', 'JSON.stringify([', "JSON.stringify(['other', ")
    await expect(judged(THREADS, base)).rejects.toThrow('the builds do other work')
    tree.edit('dist/bench/contestantProtocol.js', 'CONTESTANT_PROTOCOL = 1', 'CONTESTANT_PROTOCOL = 0')
    await expect(judged(THREADS, base)).rejects.toThrow('the base speaks protocol 0, head 1')
    tree.remove()
  })

  test('fails where a strategy breaks its promise', async () => {
    await expect(judged({ ...THREADS, strategy: NEVER_FLUSH })).rejects.toMatchObject({
      name: 'DuelFailed',
      message: expect.stringMatching(/^a: violation: ./),
    })
  })
})

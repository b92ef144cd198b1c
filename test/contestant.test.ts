import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type * as contestantFile from '../dist/bench/contestant.js'
import { open } from '../dist/bench/contestant.js'
import { type ContestantRequest, CONTESTANT_PROTOCOL } from '../dist/bench/contest.js'
import { WALL_CLOCK } from '../dist/bench/gate.js'
import { CONTESTANT } from '../dist/src/gate/builds.js'
import { RULE } from '../dist/src/gate/decide.js'
import { judgeBuilds } from '../dist/src/gate/judgement.js'
import { randomOf } from '../dist/src/harness/random.js'
import { ROOT } from './support/steeredBench.js'
import { TreeCopy } from './support/treeCopy.js'
import { usageErrorOf } from './support/usage.js'

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

async function load(tree: TreeCopy): Promise<typeof contestantFile> {
  return (await import(pathToFileURL(tree.path(CONTESTANT)).href)) as typeof contestantFile
}

describe('two builds in one process', () => {
  test.each<ContestantRequest>([
    THREADS,
    { ...THREADS, strategy: 'lazy', workload: 'direct-map-zap:ops=4' },
    SUITE,
    { kind: 'suite', suite: 'interrupt', side: 'immediate round' },
  ])('do the same work, side by side: %j', async (request) => {
    const files = await Promise.all(trees.map(load))
    expect(files[0].open).not.toBe(files[1].open)
    expect(files.map((file) => file.CONTESTANT_PROTOCOL)).toEqual([CONTESTANT_PROTOCOL, CONTESTANT_PROTOCOL])
    const contestants = [await files[0].open(request), await files[1].open(request)]
    expect(contestants[0].work).toBe(contestants[1].work)
    expect(contestants[0].work).not.toBe('')
    for (const contestant of contestants) await contestant.warmUp()
    for (let round = 0; round < 2; round++)
      for (const contestant of contestants) expect(await contestant.pass()).toBeGreaterThan(0)
    for (const contestant of contestants) await contestant.close()
  })
})

describe('the work of a cell of threads', () => {
  const workOf = async (changes: object): Promise<string> => {
    const contestant = await open({ ...THREADS, ...changes })
    await contestant.close()
    return contestant.work
  }

  test('is another one with another tape or parameter', async () => {
    const work = await workOf({})
    expect(await workOf({})).toBe(work)
    for (const other of [{ workload: 'munmap-storm:ops=8' }, { workload: 'mprotect-storm' }])
      expect(await workOf(other)).not.toBe(work)
    // A tape that is drawn at random.
    const drawn = await workOf({ workload: 'web-server' })
    expect(await workOf({ workload: 'web-server', seed: 2 })).not.toBe(drawn)
    const batched = await workOf({ strategy: 'batched' })
    expect(await workOf({ strategy: 'batched:ceiling=5' })).not.toBe(batched)
  })
})

describe('what this build does not have is a UsageError', () => {
  test.each<[ContestantRequest, string]>([
    [{ ...THREADS, strategy: 'imediate' }, 'did you mean immediate?'],
    [{ ...THREADS, workload: 'none-such' }, 'none-such'],
    [{ ...THREADS, strategy: 'immediate,lazy' }, 'more than one cell'],
    [{ ...THREADS, strategy: 'immediate:x=1' }, 'x'],
    [{ kind: 'suite', suite: 'tlb-hits', side: 'hit' }, 'suite tlb-hits'],
    [{ kind: 'suite', suite: 'sim-hits', side: 'hits' }, 'side hits of suite sim-hits'],
  ])('%j', async (request, word) => {
    expect(await usageErrorOf(() => open(request))).toContain(word)
  })
})

test('a strategy that breaks its promise ends its pass with a violation', async () => {
  const contestant = await open({ ...THREADS, strategy: NEVER_FLUSH })
  await expect(contestant.pass()).rejects.toThrow(/^violation: ./)
  await contestant.close()
})

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
    tree.edit('dist/bench/contest.js', 'CONTESTANT_PROTOCOL = 1', 'CONTESTANT_PROTOCOL = 0')
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

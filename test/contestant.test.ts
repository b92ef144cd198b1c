import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { CONTESTANT_PROTOCOL, open } from '../dist/bench/contestant.js'
import type { ContestantRequest, SuiteRequest, ThreadsRequest } from '../dist/bench/contestantProtocol.js'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '..')
/** What a build must hold to be measured: compiled files, and the profiles, which stand beside the sources. */
const PARTS = ['dist/src', 'dist/bench', 'src/machine/profiles', 'package.json']

const STORM: ThreadsRequest = {
  kind: 'threads',
  strategy: 'batched',
  workload: 'munmap-storm:ops=4;pauseNs=0',
  cpus: 2,
  seed: 1,
}
const HITS: SuiteRequest = { kind: 'suite', suite: 'tlb-hit', side: 'hit, runs of 64' }

const folders = mkdtempSync(join(tmpdir(), 'shootdown-contestant-'))
afterAll(() => rmSync(folders, { recursive: true, force: true }), 60_000)

/** A build of its own, with one text replaced in one file. */
function build(name: string, change?: { file: string; from: string; to: string }): string {
  const root = join(folders, name)
  for (const part of PARTS) {
    mkdirSync(dirname(join(root, part)), { recursive: true })
    cpSync(join(ROOT, part), join(root, part), {
      recursive: true,
      filter: (file) => !/\.(map|d\.ts)$/.test(file),
    })
  }
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'))
  if (change !== undefined) {
    const file = join(root, change.file)
    const text = readFileSync(file, 'utf8')
    expect(text, `${change.file} has ${change.from}`).toContain(change.from)
    writeFileSync(file, text.replace(change.from, change.to))
  }
  return root
}

/** Opened, warmed, measured and closed in one plain process, all of them open at once. */
interface Told {
  work?: string
  ns?: number[]
  error?: string
}

const SCRIPT = `
  import { join } from 'node:path'
  import { pathToFileURL } from 'node:url'
  const { roots, request } = JSON.parse(process.argv[2])
  const contestants = []
  const told = roots.map(() => ({}))
  for (const [at, root] of roots.entries()) {
    try {
      const { open } = await import(pathToFileURL(join(root, 'dist/bench/contestant.js')).href)
      contestants[at] = await open(request)
      told[at] = { work: contestants[at].work, ns: [] }
      await contestants[at].warmUp()
    } catch (error) {
      told[at].error = error.message
    }
  }
  for (let round = 0; round < 2; round++) {
    for (const [at, contestant] of contestants.entries()) {
      if (told[at].error === undefined) told[at].ns.push(await contestant.pass())
    }
  }
  for (const contestant of contestants) await contestant?.close()
  console.log(JSON.stringify(told))
`
// A file, because workers inherit the flags that a script on the command line needs.
const SCRIPT_FILE = join(folders, 'contest.mjs')
writeFileSync(SCRIPT_FILE, SCRIPT)

/** Rejects where the process does not end by itself: something is left open then. */
async function contest(roots: readonly string[], request: ContestantRequest): Promise<Told[]> {
  const argv = [SCRIPT_FILE, JSON.stringify({ roots, request })]
  const { stdout } = await run(process.execPath, argv, { timeout: 60_000 })
  return JSON.parse(stdout) as Told[]
}

describe('builds in one process', () => {
  test('speak one protocol', () => {
    expect(CONTESTANT_PROTOCOL).toBe(1)
  })

  const [base, head] = [build('base'), build('head')]

  test.each<ContestantRequest>([STORM, HITS, { kind: 'suite', suite: 'sim-interrupts', side: 'interrupt' }])(
    'of the same files do the same work, and end: %o',
    async (request) => {
      const told = await contest([base, head], request)
      expect(told[0].work).not.toBe('')
      expect(told[1].work).toBe(told[0].work)
      for (const { ns, error } of told) {
        expect(error).toBeUndefined()
        expect(ns).toHaveLength(2)
        expect(ns?.every((value) => value > 0 && Number.isFinite(value))).toBe(true)
      }
    },
    90_000,
  )

  test.each<[what: string, change: { file: string; from: string; to: string }]>([
    [
      'a default of the workload',
      { file: 'dist/src/workloads/munmap-storm.js', from: 'default: 16', to: 'default: 17' },
    ],
    [
      'a default of the strategy',
      { file: 'dist/src/strategies/shared/linuxParameters.js', from: 'default: 33', to: 'default: 34' },
    ],
    [
      'a constant of the profile',
      { file: 'src/machine/profiles/icelake-2s64c.json', from: '"value": 64', to: '"value": 128' },
    ],
  ])(
    '%s that differs shows in the work',
    async (what, change) => {
      const told = await contest([base, build(what, change)], STORM)
      expect(told.map(({ error }) => error)).toEqual([undefined, undefined])
      expect(told[1].work).not.toBe(told[0].work)
    },
    90_000,
  )

  test.each<ContestantRequest>([STORM, HITS])(
    'each runs its own files: %o',
    async (request) => {
      const from = 'run(phase, needed, monotonicNs) {'
      // On the initiator only: of two workers that die at once the second takes the process with it.
      const to = `${from} if (this.endNs >= 0 && this.#cpu.id === 0) throw new Error('from the other build');`
      const name = `other ${request.kind}`
      const other = build(name, { file: 'dist/src/engines/threads/workerLoop.js', from, to })
      const [sound, broken] = await contest([base, other], request)
      expect(sound.error).toBeUndefined()
      expect(sound.ns).toHaveLength(2)
      expect(broken.error).toContain('from the other build')
    },
    90_000,
  )
})

describe('what is not there is refused with what is', () => {
  test.each<[about: string, request: ContestantRequest, said: RegExp]>([
    ['a strategy', { ...STORM, strategy: 'batchd' }, /unknown strategy 'batchd'[^]*known: batched/],
    ['a file', { ...STORM, strategy: './none.js' }, /there is no file/],
    ['a parameter', { ...STORM, strategy: 'batched:limt=3' }, /limt/],
    ['a workload', { ...STORM, workload: 'munmapstorm' }, /unknown workload 'munmapstorm'[^]*munmap-storm/],
    ['more than one', { ...STORM, strategy: 'immediate,lazy' }, /more than one cell/],
    ['too many CPUs', { ...STORM, cpus: 65 }, /65 CPUs are too many/],
    ['a suite', { ...HITS, suite: 'tlbhit' }, /suite tlbhit\b[^]*known: tlb-hit/],
    ['a suite that is not timed', { ...HITS, suite: 'sim-memory' }, /no such timed suite/],
    ['a side', { ...HITS, side: 'hit' }, /side hit of suite tlb-hit\b[^]*hit, runs of 64/],
  ])('%s: %o', async (_about, request, said) => {
    await expect(open(request)).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringMatching(said) as string,
    })
  })

  test('and whatever was opened meanwhile is closed', async () => {
    const told = await contest([ROOT], { kind: 'suite', suite: 'interrupt', side: 'none' })
    expect(told[0].error).toContain('side none of suite interrupt')
  }, 90_000)
})

test('a broken promise is no figure', async () => {
  const strategy = join(import.meta.dirname, 'fixtures', 'strategies', 'never-flush.mjs')
  const contestant = await open({ ...STORM, strategy })
  try {
    await expect(contestant.pass()).rejects.toThrow(/^violation: CPU \d can still use its old translation/)
  } finally {
    await contestant.close()
  }
}, 60_000)

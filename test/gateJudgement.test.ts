import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { RULE } from '../dist/src/gate/decide.js'
import type { WallCell } from '../dist/src/gate/duel.js'
import { judgeBuilds, type Judgement } from '../dist/src/gate/judgement.js'
import { judgeTrees } from '../dist/src/gate/wallClockGate.js'
import { randomOf } from '../dist/src/harness/random.js'
import { type Answer, STUB_ENTRY, stubCell } from './support/stubDuel.js'

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'shootdown-judgement-'))))
afterEach(() => rmSync(folder, { recursive: true }))

const ROOTS = { base: '/base', head: '/head', again: '/again' }
const cell = (name: string, ...answers: Answer[]): WallCell => stubCell(folder, name, answers)
/** So many processes with this answer. */
const times = (count: number, answer: Answer): Answer[] => Array.from({ length: count }, () => answer)

const SLOWER = { slower: Math.log(1.1) }
const SAME = { slower: 0 }
/** A second build of head that is slower than the first, in a head that is as fast as the base. */
const TRIPS = { control: Math.log(1.1) }

interface Ran extends Judgement {
  /** Cell and batch of each process, in order. */
  processes: string[]
  suspects: string[][]
}

/** On a clock on which a process takes a second, in the second batch as long as is said. */
async function judged(
  cells: readonly WallCell[],
  mostProcesses: number,
  endSeconds = 1000,
  secondBatchSeconds = 1,
): Promise<Ran> {
  const processes: string[] = []
  const suspects: string[][] = []
  const judgement = await judgeBuilds(cells, {
    roots: ROOTS,
    entry: STUB_ENTRY,
    warmupMs: 0,
    measuredMs: 0,
    rule: RULE,
    random: randomOf(1, 0),
    signal: new AbortController().signal,
    nowMs: () =>
      processes.reduce((ms, name) => ms + 1000 * (name.startsWith('second') ? secondBatchSeconds : 1), 0),
    endMs: endSeconds * 1000,
    mostProcesses,
    onObservation: ({ name }, batch) => void processes.push(`${batch} ${name}`),
    onSuspects: (names) => void suspects.push([...names]),
  })
  return { ...judgement, processes, suspects }
}

const outcomes = ({ cells }: Judgement) => cells.map(({ outcome, reason }) => [outcome, reason])

/** Enough for three cells and their controls. */
const N = 10

describe('two batches', () => {
  test('that both find it: a regression, with the figures of both', async () => {
    const ran = await judged([cell('a', SLOWER)], N)
    expect(outcomes(ran)).toEqual([['regression', 'slower in both batches']])
    expect(ran.suspects).toEqual([['a']])
    expect(ran.processes).toEqual([...Array(N).fill('first a'), ...Array(N).fill('second a')])
    const [{ baseNs, headNs, batch, confirmation, control, detectable }] = ran.cells
    expect([baseNs, Math.round(headNs)]).toEqual([1000, 1100])
    expect(batch).toMatchObject({ processes: N, p: 2 ** -N })
    expect(confirmation!.ratio).toBeCloseTo(1.1, 9)
    expect(control.ratio).toBe(1)
    expect(detectable).toBeGreaterThan(1.025)
    expect(detectable).toBeLessThan(1.05)
  })

  test('of which only the first finds it: pass, and the reader is told', async () => {
    const ran = await judged([cell('a', ...times(N, SLOWER), SAME)], N)
    expect(outcomes(ran)).toEqual([['pass', 'slower once, not confirmed']])
    expect(ran.cells[0].confirmation!.ratio).toBe(1)
  })

  test('of which the second is not needed', async () => {
    const ran = await judged([cell('a', SAME), cell('b', { slower: -0.5 })], N)
    expect(outcomes(ran)).toEqual([
      ['pass', ''],
      ['pass', ''],
    ])
    expect([ran.suspects, ran.processes.length]).toEqual([[], 2 * N])
    expect(ran.cells.map(({ confirmation }) => confirmation)).toEqual([null, null])
  })

  test('of which the second has the suspects only', async () => {
    const ran = await judged([cell('a', SAME), cell('b', SLOWER), cell('c', SAME)], N)
    expect(outcomes(ran).map(([outcome]) => outcome)).toEqual(['pass', 'regression', 'pass'])
    expect(ran.processes.slice(3 * N)).toEqual(Array(N).fill('second b'))
  })

  test('whose cells take turns, in an order that changes', async () => {
    const { processes } = await judged([cell('a', SAME), cell('b', SAME), cell('c', SAME)], 8)
    const turns = Array.from({ length: 8 }, (_, at) => processes.slice(at * 3, at * 3 + 3))
    for (const turn of turns) expect(turn.toSorted()).toEqual(['first a', 'first b', 'first c'])
    expect(new Set(turns.map(String)).size).toBeGreaterThan(1)
  })
})

describe('the control', () => {
  const OWN = 'head differs from a second build of itself'
  const OTHER = 'the control of another cell tripped'

  test('voids the first batch, and there is no second', async () => {
    const cells = [cell('a', TRIPS), cell('b', SLOWER)]
    // Two cells: 2 * 2 * 2^-9 is below 1 %.
    const ran = await judged(cells, 9)
    expect(outcomes(ran)).toEqual([
      ['inconclusive', OWN],
      ['inconclusive', OTHER],
    ])
    expect(ran.processes).toHaveLength(18)
  })

  test('voids the second batch', async () => {
    const ran = await judged([cell('a', ...times(9, SLOWER), { ...SLOWER, ...TRIPS }), cell('b', SAME)], 9)
    expect(ran.suspects).toEqual([['a']])
    expect(outcomes(ran)).toEqual([
      ['inconclusive', OWN],
      ['inconclusive', OTHER],
    ])
  })
})

describe('what can not be judged', () => {
  test('too noisy', async () => {
    const swings = Array.from({ length: 10 }, (_, at) => ({ slower: at % 2 === 0 ? 0.5 : -0.5 }))
    const ran = await judged([cell('a', ...swings)], 10)
    expect(outcomes(ran)).toEqual([['inconclusive', 'too noisy to find 5 %']])
    expect(ran.cells[0].detectable).toBeNull()
  })

  test('a suspect for whom no time is left', async () => {
    // 10 of 22 s are over, and 3 processes of 3 s fit into the rest, with a reserve of a tenth.
    const ran = await judged([cell('a', SLOWER)], N, 22, 3)
    expect(outcomes(ran)).toEqual([['inconclusive', 'slower, and no time was left to confirm it']])
    expect(ran.processes).toHaveLength(N + 3)
    expect(ran.cells[0].confirmation).toBeNull()
  })

  test('the less plain of two suspects, where there is time for one', async () => {
    const ran = await judged([cell('a', { slower: 0.1 }), cell('b', { slower: 0.2 })], N, 32)
    expect(ran.suspects).toEqual([['b']])
    expect(outcomes(ran)).toEqual([
      ['inconclusive', 'slower, and no time was left to confirm it'],
      ['regression', 'slower in both batches'],
    ])
  })

  test('a batch into which too few processes fit, after its first turn', async () => {
    const log = cell('a', SAME)
    // Half of 5 s are the first batch's: after 1 s there are 1.5 s, for 1 more at 1.1 s.
    await expect(judged([log], 40, 5)).rejects.toMatchObject({
      name: 'GateRefusal',
      message: expect.stringMatching(
        /^too few processes: 2 of each cell fit into the time, 8 is the least\n.* 7 s more\n.*--budget/,
      ),
    })
    expect(readFileSync((log.request as { log: string }).log, 'utf8')).toHaveLength(1)
  })

  const NEW = { incomparable: { kind: 'new', reason: 'unknown strategy x' } } as const
  const OTHER_WORK = { incomparable: { kind: 'other work', reason: 'the tapes differ' } } as const

  test('cells that the base does not have are asked once and left out', async () => {
    const ran = await judged([cell('a', NEW), cell('b', SLOWER), cell('c', OTHER_WORK)], N)
    expect(ran.cells.map((judgedCell) => [judgedCell.cell, judgedCell.outcome])).toEqual([
      ['b', 'regression'],
    ])
    // In the order in which chance has asked them.
    expect(ran.skipped.toSorted((x, y) => x.cell.localeCompare(y.cell))).toEqual([
      { cell: 'a', kind: 'new', reason: 'unknown strategy x' },
      { cell: 'c', kind: 'other work', reason: 'the tapes differ' },
    ])
    expect(ran.cells[0].batch.pAdjusted).toBe(2 ** -N)
  })

  test('where no cell can be compared, nothing is said', async () => {
    await expect(judged([cell('a', NEW)], N)).rejects.toThrow(
      /^no samples: not one cell can be compared\nunknown strategy x/,
    )
  })

  test.each([
    ['violation: CPU 1 used a stale entry', 'a: violation: CPU 1 used a stale entry'],
    ['crash', 'a: its process ended without an answer (exit code 7)'],
  ])('a process that ends with %s', async (answer, message) => {
    await expect(judged([cell('a', SAME, answer)], N)).rejects.toMatchObject({ name: 'DuelFailed', message })
  })
})

describe('the verdict over all cells', () => {
  async function verdict(...cells: WallCell[]) {
    const matrix = { cells, entry: STUB_ENTRY, warmupMs: 0, measuredMs: 0, mostProcesses: 9 }
    const names = { base: { ref: 'main', commit: '1'.repeat(40) }, head: { commit: null, dirty: null } }
    const work = { matrix, cells, budgetSeconds: 3600, seed: 1, signal: new AbortController().signal }
    const silent = { onStep: () => {}, onObservation: () => {} }
    return judgeTrees(ROOTS, performance.now(), { ...work, ...silent }, names)
  }

  test('regression outweighs what is open, and names the worst', async () => {
    const swings = Array.from({ length: 9 }, (_, at) => ({ slower: at % 2 === 0 ? 0.5 : -0.5 }))
    expect(await verdict(cell('a', SLOWER), cell('b', { slower: 0.3 }), cell('c', ...swings))).toMatchObject({
      outcome: 'regression',
      reason: '2 cells are slower, b by 35.0 % the most',
    })
  })

  test('inconclusive where one cell is, a control or other work', async () => {
    const remedy = 'give a longer --budget, or a quieter machine'
    expect(await verdict(cell('a', TRIPS))).toMatchObject({ outcome: 'inconclusive', remedy })
    const other = { incomparable: { kind: 'other work', reason: 'the tapes differ' } } as const
    expect(await verdict(cell('b', SAME), cell('c', other))).toMatchObject({
      outcome: 'inconclusive',
      reason: '1 cell is undecided: c: the tapes differ',
      warnings: ['c was not compared: the tapes differ'],
    })
  })

  test('pass, with a warning of a new cell and the detectable slowdown of the others', async () => {
    const found = await verdict(
      cell('a', SAME),
      cell('b', { incomparable: { kind: 'new', reason: 'no such suite' } }),
    )
    expect(found).toMatchObject({
      outcome: 'pass',
      reason: '1 cell is not slower',
      warnings: ['b was not compared: no such suite'],
    })
    for (const { detectable } of found.cells) expect(detectable).toBeLessThan(1.05)
  })

  test('violation where a process fails', async () => {
    const message = 'a: violation: CPU 1 used a stale entry'
    expect(await verdict(cell('a', SAME, 'violation: CPU 1 used a stale entry'))).toMatchObject({
      outcome: 'violation',
      reason: `a process failed: ${message}`,
      cells: [],
      violations: [message],
    })
  })
})

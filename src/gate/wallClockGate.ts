import { availableParallelism } from 'node:os'
import { randomOf } from '../harness/random.js'
import { type BatchName, DuelFailed } from './batch.js'
import { Builds } from './builds.js'
import { leastRatioOf, RULE } from './decide.js'
import type { DuelDone, DuelTimes, Side, WallCell } from './duel.js'
import { type Judgement, judgeBuilds } from './judgement.js'
import { openRepository, resolveCommit } from './repository.js'
import type { CellVerdict, Outcome, WallClockVerdict } from './verdict.js'

/** What the wall-clock gate measures, and with what. */
export interface WallClockMatrix extends DuelTimes {
  readonly cells: readonly WallCell[]
  /** The file that an observing process runs. */
  readonly entry: string
  /** Of each cell in a batch, also where there is time for more. */
  readonly mostProcesses: number
}

export interface WallClockWork {
  readonly matrix: WallClockMatrix
  /** Chosen ones of the matrix. */
  readonly cells: readonly WallCell[]
  readonly budgetSeconds: number
  readonly seed: number
  readonly signal: AbortSignal
  /** What is being done, a few words for whoever waits. */
  readonly onStep: (text: string) => void
  readonly onObservation: (cell: WallCell, batch: BatchName, observation: DuelDone) => void
}

/**
 * The working tree in `folder` against a commit, both rebuilt.
 * @throws UsageError, GateRefusal; the signal's reason when aborted. Nothing is left behind in any case.
 */
export async function runWallClockGate(
  folder: string,
  ref: string,
  work: WallClockWork,
): Promise<WallClockVerdict> {
  const startMs = performance.now()
  const repository = await openRepository(folder, work.signal)
  const commit = await resolveCommit(repository, ref, work.signal)
  const builds = new Builds(repository, work.signal)
  try {
    work.onStep(`building ${ref} (${commit.slice(0, 12)})`)
    const base = await builds.ofCommit('base', commit)
    work.onStep('building the working tree, twice')
    const head = await builds.snapshot('head')
    const again = builds.copy(head, 'twin')
    await builds.build(head)
    await builds.build(again)
    return await judgeTrees({ base, head, again }, startMs, work, {
      base: { ref, commit },
      head: { commit: repository.commit, dirty: repository.isDirty },
    })
  } finally {
    await builds.remove()
  }
}

/** @param roots folders of compiled trees */
export async function judgeTrees(
  roots: Record<Side, string>,
  startMs: number,
  work: WallClockWork,
  names: Pick<WallClockVerdict, 'base' | 'head'>,
): Promise<WallClockVerdict> {
  const { matrix, cells, budgetSeconds, seed } = work
  work.onStep(`measuring ${cells.length} cells`)
  const verdict = {
    tier: 'wall-clock',
    ...names,
    target: RULE.target,
    leastRatio: leastRatioOf(RULE),
    alpha: RULE.alpha,
    budgetSeconds,
    seed,
    warnings: warningsOn(cells),
  } as const
  try {
    const judgement = await judgeBuilds(cells, {
      ...matrix,
      roots,
      rule: RULE,
      random: randomOf(seed, 0),
      signal: work.signal,
      nowMs: () => performance.now(),
      endMs: startMs + budgetSeconds * 1000,
      onObservation: work.onObservation,
      onSuspects: (suspects) => work.onStep(`confirming ${suspects.join(', ')}`),
    })
    const warnings = [
      ...verdict.warnings,
      ...judgement.skipped.map(({ cell, reason }) => `${cell} was not compared: ${reason}`),
    ]
    return { ...verdict, ...concluded(judgement), cells: judgement.cells, violations: [], warnings }
  } catch (error) {
    if (!(error instanceof DuelFailed)) throw error
    return {
      ...verdict,
      outcome: 'violation',
      reason: `a process failed: ${error.message}`,
      remedy: 'npm run bench shows it with its CPU and page',
      cells: [],
      violations: [error.message],
    }
  }
}

function concluded({ cells, skipped }: Judgement): { outcome: Outcome; reason: string; remedy: string } {
  const withOutcome = (outcome: CellVerdict['outcome']) => cells.filter((cell) => cell.outcome === outcome)
  const slower = withOutcome('regression')
  if (slower.length > 0) {
    const worst = slower.reduce((a, b) => (b.batch.ratio > a.batch.ratio ? b : a))
    return {
      outcome: 'regression',
      reason: `${count(slower.length)} slower, ${worst.cell} by ${percent(worst.batch.ratio)} the most`,
      remedy: '',
    }
  }
  const open = withOutcome('inconclusive')
  const other = skipped.filter(({ kind }) => kind === 'other work')
  if (open.length > 0 || other.length > 0) {
    const [cell, why] = open.length > 0 ? [open[0].cell, open[0].reason] : [other[0].cell, other[0].reason]
    return {
      outcome: 'inconclusive',
      reason: `${count(open.length + other.length)} undecided: ${cell}: ${why}`,
      remedy: open.length > 0 ? 'give a longer --budget, or a quieter machine' : '',
    }
  }
  return { outcome: 'pass', reason: `${count(cells.length)} not slower`, remedy: '' }
}

function count(cells: number): string {
  return cells === 1 ? '1 cell is' : `${cells} cells are`
}

function percent(ratio: number): string {
  return `${((ratio - 1) * 100).toFixed(1)} %`
}

function warningsOn(cells: readonly WallCell[]): string[] {
  const cores = availableParallelism()
  const wide = cells.filter((cell) => cell.cores > cores)
  if (wide.length === 0) return []
  return [
    `${wide.map(({ name }) => name).join(', ')}: oversubscribed, more CPUs than the ${cores} cores here`,
  ]
}

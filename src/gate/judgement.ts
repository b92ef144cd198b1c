import { quantile } from '../stats/quantile.js'
import { type Batch, type BatchPlan, runBatch } from './batch.js'
import { judgeBatch, type Judged, leastProcesses, type Rule, rulesOf } from './decide.js'
import { detectableRatio } from './detectable.js'
import type { Incomparable, Side, WallCell } from './duel.js'
import { GateRefusal } from './refusal.js'
import type { CellOutcome, CellVerdict } from './verdict.js'

/** What two batches have found. */
export interface Judgement {
  cells: CellVerdict[]
  skipped: (Incomparable & { cell: string })[]
}

export interface JudgementPlan extends Omit<BatchPlan, 'deadlineMs' | 'leastTurns' | 'mostTurns' | 'name'> {
  readonly rule: Rule
  /** On the clock of `nowMs`. */
  readonly endMs: number
  /** Of each cell in a batch, also where there is time for more. */
  readonly mostProcesses: number
  /** Called when the second batch begins, with the cells that have to be confirmed. */
  onSuspects(cells: readonly string[]): void
}

/** What a process takes to start and to warm up, roughly: only for dividing the time. */
const OVERHEAD_MS = 2000

/** Of the time for measuring. The rest suffices to confirm one suspect by as many processes, and one is enough to fail. */
function firstShare(cells: readonly WallCell[], plan: JudgementPlan): number {
  const times = cells.map((cell) => OVERHEAD_MS + (cell.measuredMs ?? plan.measuredMs))
  const all = times.reduce((sum, ms) => sum + ms, 0)
  return all / (all + Math.max(...times))
}

/**
 * The first batch looks for suspects among all cells. Each of these has to be found slower again, by as many fresh
 * processes, which know nothing of the first ones: two independent alarms at 5 % are one false alarm in 400 runs.
 * @throws GateRefusal where the time does not suffice for the fewest processes that can say anything; DuelFailed
 */
export async function judgeBuilds(cells: readonly WallCell[], plan: JudgementPlan): Promise<Judgement> {
  const startMs = plan.nowMs()
  const first = await runBatch(cells, {
    ...plan,
    deadlineMs: startMs + (plan.endMs - startMs) * firstShare(cells, plan),
    leastTurns: leastProcesses(cells.length, plan.rule),
    mostTurns: plan.mostProcesses,
    name: 'first',
  })
  const skipped = [...first.skipped].map(([cell, incomparable]) => ({ ...incomparable, cell }))
  if (first.observations.size === 0)
    throw new GateRefusal('no samples: not one cell can be compared', skipped[0].reason, '')
  const ruleOf = rulesOf(cells, plan.rule)
  const judged = judgeBatch(first.observations, plan.rule, ruleOf)
  const isVoid = judged.some((cell) => cell.isVoid)
  const second = isVoid ? [] : await confirm(cells, first, judged, ruleOf, plan)
  return {
    cells: judged.map((cell) => {
      const rule = ruleOf(cell.cell)
      const duels = first.observations.get(cell.cell) ?? []
      const detectable = detectableRatio(
        duels.map(({ slower }) => slower),
        judged.length,
        rule,
        plan.random,
      )
      const confirmation = second.find((other) => other.cell === cell.cell)
      const ns = (side: Side): number =>
        quantile(
          duels.map((duel) => duel.ns[side]),
          0.5,
        ) ?? NaN
      return {
        cell: cell.cell,
        ...verdictOn(cell, confirmation, detectable, rule, isVoid || second.some((other) => other.isVoid)),
        baseNs: ns('base'),
        headNs: ns('head'),
        batch: cell.batch,
        control: cell.control,
        confirmation: confirmation?.batch ?? null,
        detectable,
        target: rule.target,
      }
    }),
    skipped,
  }
}

/** @returns what fresh processes say of the suspects; fewer cells than there are suspects where time is short */
async function confirm(
  cells: readonly WallCell[],
  first: Batch,
  judged: readonly Judged[],
  ruleOf: (cell: string) => Rule,
  plan: JudgementPlan,
): Promise<Judged[]> {
  // The plainest first: one that is confirmed is enough to fail.
  const suspects = judged
    .filter(({ isSlower }) => isSlower)
    .sort((a, b) => a.batch.p - b.batch.p || b.batch.ratio - a.batch.ratio)
  if (suspects.length === 0) return []
  const wanted = suspects[0].batch.processes
  const fitting = Math.floor((plan.endMs - plan.nowMs()) / (first.processMs * wanted))
  const chosen = suspects.slice(0, Math.max(1, fitting)).map(({ cell }) => cell)
  plan.onSuspects(chosen)
  const batch = await runBatch(
    cells.filter(({ name }) => chosen.includes(name)),
    { ...plan, deadlineMs: plan.endMs, leastTurns: 0, mostTurns: wanted, name: 'second' },
  )
  const least = leastProcesses(chosen.length, plan.rule)
  const enough = [...batch.observations].filter(([, duels]) => duels.length >= least)
  return judgeBatch(new Map(enough), plan.rule, ruleOf)
}

function verdictOn(
  cell: Judged,
  confirmation: Judged | undefined,
  detectable: number | null,
  rule: Rule,
  isVoid: boolean,
): { outcome: CellOutcome; reason: string } {
  if (isVoid) {
    const isOwn = cell.isVoid || confirmation?.isVoid === true
    const reason = isOwn
      ? 'head differs from a second build of itself'
      : 'the control of another cell tripped'
    return { outcome: 'inconclusive', reason }
  }
  if (cell.isSlower && confirmation === undefined)
    return { outcome: 'inconclusive', reason: 'slower, and no time was left to confirm it' }
  if (cell.isSlower && confirmation?.isSlower === true)
    return { outcome: 'regression', reason: 'slower in both batches' }
  if (detectable === null || detectable > rule.target) {
    const target = `${Number(((rule.target - 1) * 100).toFixed(1))} %`
    return { outcome: 'inconclusive', reason: `too noisy to find ${target}` }
  }
  if (cell.isSlower) {
    // Fewer would have found less than `detectable` says.
    const isAsStrong = confirmation !== undefined && confirmation.batch.processes >= cell.batch.processes
    return isAsStrong
      ? { outcome: 'pass', reason: 'slower once, not confirmed' }
      : { outcome: 'inconclusive', reason: 'slower once, and not by the fewer processes of a second batch' }
  }
  return { outcome: 'pass', reason: '' }
}

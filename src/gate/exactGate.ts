import { type BenchPlan, makePlan } from '../harness/benchPlan.js'
import { cellName } from '../harness/cells.js'
import type { BenchDefaults } from '../harness/defaults.js'
import { readEnvironment } from '../harness/environment.js'
import { describeByCell } from '../harness/failures.js'
import { standardIsolation } from '../harness/isolation.js'
import { measure } from '../harness/measure.js'
import { nearestFirst } from '../harness/nearest.js'
import { cellExpression, planBlocks } from '../harness/plan.js'
import { Progress, type ProgressTerminal } from '../harness/progress.js'
import { asTyped } from '../harness/quote.js'
import { SCHEMA_VERSION } from '../records/columns.js'
import { tapeMismatch } from '../records/tapeMismatch.js'
import { BASELINE_DIRECTORY, readBaseline, writeBaseline } from './baselineFiles.js'
import { baselineRow, type BaselineRow, nameOf, plainNameOf } from './baselineRow.js'
import { compareExactly, type TolerancePercent } from './exact.js'
import { type ExactOptions, parseTolerances, refuseContradictions } from './exactOptions.js'
import { judge, updated } from './exactJudgement.js'
import { GateRefusal } from './refusal.js'
import type { ExactVerdict } from './verdict.js'

/** What tier 1 runs; bench/gate.ts holds the values. */
export interface ExactDeclaration {
  /** Of engine `sim` only; one for each profile, because not every strategy runs on every machine. At least one. */
  matrices: readonly BenchDefaults[]
  /** Cells of them, as `bench --filter`. */
  filter: string
  tolerancePercent: TolerancePercent
}

/**
 * Tier 1: runs the declared cells in virtual time and holds each figure against the baseline. Says nothing of the
 * machine or of Node, because neither changes a byte.
 * @returns the verdict; with `update` the baseline is rewritten, unless something was violated
 * @throws UsageError; GateRefusal where nothing can be compared; the signal's reason when it was aborted
 */
export async function runExactGate(
  options: ExactOptions,
  declaration: ExactDeclaration,
  signal: AbortSignal,
  terminal: ProgressTerminal,
): Promise<ExactVerdict> {
  refuseContradictions(options)
  const tolerances = parseTolerances(options.tolerance ?? [], declaration.tolerancePercent)
  // Empty matches everything.
  const expression = cellExpression('--cells', options.cells ?? '')
  const directory = options.baseline ?? BASELINE_DIRECTORY
  const plans: BenchPlan[] = []
  for (const matrix of declaration.matrices)
    plans.push(await makePlan({ filter: declaration.filter }, matrix))
  const chosen = onlyCells(plans, expression, options.cells)
  const former = options.update === true ? readFormer(directory) : readBaseline(directory)

  const rows: BaselineRow[] = []
  const violations: string[] = []
  const failedCells = new Set<string>()
  for (const plan of chosen) {
    const ran = await run(plan, signal, terminal)
    rows.push(...ran.rows)
    violations.push(...ran.violations)
    for (const cell of ran.failedCells) failedCells.add(cell)
  }
  // A cell that failed has no figures, and whatever its figures are, they are not what has to be mended first.
  const isJudged = (row: BaselineRow): boolean =>
    expression.test(plainNameOf(row)) && !failedCells.has(plainNameOf(row))
  const { findings, comparedCount } = compareExactly(
    former.filter(isJudged),
    rows.filter(isJudged),
    tolerances,
  )
  const result = {
    cellCount: chosen.reduce((sum, plan) => sum + plan.cells.length, 0),
    comparedCount,
    findings,
    violations,
  }
  if (options.update === true && violations.length === 0) {
    writeBaseline(directory, rows, environmentOf(chosen, declaration))
    return updated(result, directory)
  }
  if (comparedCount === 0 && findings.length === 0 && violations.length === 0)
    throw new GateRefusal('no samples: not one figure could be compared', '', `look into ${directory}`)
  return judge(result, directory, options.update === true)
}

/** Of each plan what matches and can run there; plans of which nothing is left are gone. */
function onlyCells(plans: readonly BenchPlan[], expression: RegExp, typed: string | undefined): BenchPlan[] {
  const runnable = plans.map((plan) => ({ ...plan, cells: plan.cells.filter((cell) => !cell.skipped) }))
  const chosen = runnable
    .map((plan) => ({ ...plan, cells: plan.cells.filter((cell) => expression.test(cellName(cell))) }))
    .filter(({ cells }) => cells.length > 0)
    .map((plan) => ({ ...plan, blocks: planBlocks(plan.cells, plan.repetitions, plan.seed) }))
  if (chosen.length > 0) return chosen
  const all = runnable.flatMap(({ cells }) => cells)
  if (typed === undefined)
    throw new GateRefusal('no cells: the matrix of the gate is empty', '', 'see bench/gate.ts')
  const nearest = nearestFirst(typed, all.map(cellName)).slice(0, 3).join(', ')
  throw new GateRefusal(
    `no cells: --cells ${asTyped(typed)}`,
    `it matches none of the ${all.length} cells; nearest: ${nearest}`,
    'match engine/strategy/workload/cpus',
  )
}

/** One that cannot be read is about to be replaced: then everything is new. */
function readFormer(directory: string): BaselineRow[] {
  try {
    return readBaseline(directory)
  } catch (error) {
    if (error instanceof GateRefusal) return []
    throw error
  }
}

interface Ran {
  rows: BaselineRow[]
  violations: string[]
  /** As `plainNameOf`. */
  failedCells: ReadonlySet<string>
}

async function run(plan: BenchPlan, signal: AbortSignal, terminal: ProgressTerminal): Promise<Ran> {
  const isolation = standardIsolation()
  const progress = new Progress(terminal, plan.blocks, isolation.lanes)
  const { rows, failures } = await measure({
    runId: 'gate',
    plan,
    blocks: plan.blocks,
    isolation,
    reproduction: {
      seed: plan.seed,
      profile: plan.profile.name,
      profileSets: [],
      fault: plan.fault.text,
    },
    writer: { append: () => {} },
    progress,
    signal,
    nowMs: () => performance.now(),
  })
  progress.clear()
  signal.throwIfAborted()
  const mismatch = tapeMismatch(rows)
  const unequal = mismatch === null ? [] : [`the cells did not do the same work: ${mismatch}`]
  return {
    rows: inOrderOf(
      plan,
      rows.map((row) => baselineRow(row, plan.profile.hash)),
    ),
    violations: [...describeByCell(failures), ...unequal],
    failedCells: new Set(failures.map((failure) => failure.cell)),
  }
}

/** Of the matrix, and not of the shuffled plan. */
function inOrderOf(plan: BenchPlan, rows: readonly BaselineRow[]): BaselineRow[] {
  const rank = new Map(plan.cells.map((cell, at) => [`${cellName(cell)} ${cell.params}`.trimEnd(), at]))
  return rows.toSorted((a, b) => (rank.get(nameOf(a)) ?? 0) - (rank.get(nameOf(b)) ?? 0))
}

/** Beside the figures, for people: nothing here changes them, so nothing here is compared. */
function environmentOf(plans: readonly BenchPlan[], { matrices }: ExactDeclaration): object {
  const { node, v8, os, cpu_model } = readEnvironment()
  return {
    schema_version: SCHEMA_VERSION,
    node,
    v8,
    os,
    cpu_model,
    profiles: Object.fromEntries(plans.map(({ profile }) => [profile.name, profile.hash])),
    seed: plans[0].seed,
    // As declared: the names of all strategies would bring two branches that add one into conflict.
    matrices: matrices.map(({ engines, profile, strategies, workloads, cpus }) => ({
      engines,
      profile,
      strategies,
      workloads,
      cpus: cpus.sim,
    })),
  }
}

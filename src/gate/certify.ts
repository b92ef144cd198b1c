import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '../contract/usageError.js'
import { readEnvironment } from '../harness/environment.js'
import { firstLine } from '../harness/quote.js'
import { randomOf } from '../harness/random.js'
import { shuffled } from '../harness/shuffled.js'
import { readCsv } from '../records/csvReader.js'
import { createCsv, reopenCsv, type CsvWriter } from '../records/csvWriter.js'
import { type Column, SCHEMA_VERSION } from '../records/columns.js'
import { runBatch } from './batch.js'
import { Builds } from './builds.js'
import { calibrate, calibrationRun, iterationsFor } from './calibration.js'
import { type CertifiedKind, earlierRuns } from './certification.js'
import { CERTIFICATION_CSV, OBSERVATIONS_CSV, writeCertificationPage } from './certificationFiles.js'
import { CERTIFICATION_COLUMNS, type CertificationRow } from '../records/certificationColumns.js'
import type { WallCell } from './duel.js'
import { leastRatioOf } from './decide.js'
import { CALIBRATED_CELL, isInjected } from './injection.js'
import { machineClass } from './machineClass.js'
import { OBSERVATION_COLUMNS } from '../records/observationColumns.js'
import { observationRow } from './observationRow.js'
import { openRepository } from './repository.js'
import { SlowedTrees } from './slowedTrees.js'
import type { WallClockVerdict } from './verdict.js'
import { judgeTrees, type WallClockWork } from './wallClockGate.js'

/** Identical builds, and what slower ones are slower by, percent. */
const EFFECTS = [0, 2, 3, 5, 10]

export interface CertifyWork extends Omit<WallClockWork, 'onObservation'> {
  /** Gate runs of each effect that there shall be in the end, those of before included. */
  readonly runs: number
  /** Folder of the baseline. */
  readonly baseline: string
  /** File of the page of rates. */
  readonly page: string
}

/**
 * Gate runs on builds whose difference is known, each with fresh processes and a seed of its own, one effect after the
 * other in random order. Every run is on disk when it ends; a certification that was stopped goes on where it was.
 * @returns all rows, those of before included
 * @throws GateRefusal where the rows of before were made otherwise; the signal's reason when aborted
 */
export async function certify(folder: string, typed: CertifyWork): Promise<CertificationRow[]> {
  calibratedCell(typed.cells)
  // Another cell that the loop reaches loses more than was injected: it would make detection look easy.
  const cells = typed.cells.filter(({ name }) => name === CALIBRATED_CELL || !isInjected(name))
  const environment = readEnvironment()
  const kind = {
    machine_class: machineClass(environment),
    node: environment.node,
    budget: typed.budgetSeconds,
    cell_names: cells.map(({ name }) => name).join('; '),
  }
  const work = { ...typed, cells }
  mkdirSync(work.baseline, { recursive: true })
  const path = join(work.baseline, CERTIFICATION_CSV)
  const rows = earlierRuns(path, kind)
  const repository = await openRepository(folder, work.signal)
  const runsCsv = open(path, CERTIFICATION_COLUMNS)
  const observationsCsv = open(join(work.baseline, OBSERVATIONS_CSV), OBSERVATION_COLUMNS)
  // Last: it makes a folder that has to be removed.
  const builds = new Builds(repository, work.signal)
  try {
    const trees = new SlowedTrees(builds)
    await trees.begin()
    const spins = await spinsFor(trees, observationsCsv, work)
    for (let turn = 0; turn < work.runs; turn++) {
      // By the turn, so that a certification that goes on does not repeat the order of its beginning.
      const order = shuffled(EFFECTS, randomOf(work.seed + turn, 2))
      for (const percent of order) {
        const done = rows.filter((row) => row.injected_percent === percent).length
        if (done > turn) continue
        // Not its number alone: a run that is stopped leaves processes behind, and its number to the next one.
        const run = `${percent}-${done + 1}-${randomBytes(3).toString('hex')}`
        const seed = work.seed + rows.length
        work.onStep(`run ${done + 1} of ${work.runs} with ${percent} % injected`)
        const iterations = spins.get(percent) ?? 0
        const roots = await trees.slowedBy(iterations)
        const startMs = performance.now()
        const verdict = await judgeTrees(
          roots,
          startMs,
          {
            ...work,
            seed,
            onStep: () => {},
            onObservation: (cell, batch, duel) =>
              observationsCsv.append(observationRow(run, cell.name, batch, duel)),
          },
          {
            base: { ref: 'HEAD', commit: repository.commit },
            head: { commit: repository.commit, dirty: repository.isDirty },
          },
        )
        if (verdict.violations.length > 0) throw new Error(verdict.reason)
        const row = {
          ...rowOf(run, verdict, percent, iterations),
          ...kind,
          elapsed: Math.round((performance.now() - startMs) / 1000),
        }
        runsCsv.append(row)
        rows.push(row)
      }
    }
    return rows
  } finally {
    runsCsv.close()
    observationsCsv.close()
    await builds.remove()
    // Also after a signal: the runs that are there are whole. Not where they were refused, and cannot be read.
    try {
      writeCertificationPage(work.baseline, work.matrix.cells, work.page)
    } catch (error) {
      // What ended the certification is what has to be told.
      work.onStep(`${work.page} was not written: ${firstLine(error)}`)
    }
  }
}

function calibratedCell(cells: readonly WallCell[]): WallCell {
  const cell = cells.find(({ name }) => name === CALIBRATED_CELL)
  if (cell !== undefined) return cell
  const reason = `the loop is calibrated on ${CALIBRATED_CELL}, which is not among them`
  throw new UsageError('--cells with --certify', reason, [], 'choose cells that include it')
}

/** Loops that cost so many percent: measured once, and read again where a certification goes on. */
async function spinsFor(
  trees: SlowedTrees,
  observationsCsv: CsvWriter<typeof OBSERVATION_COLUMNS>,
  work: CertifyWork,
): Promise<Map<number, number>> {
  const cell = calibratedCell(work.cells)
  const { rows } = readCsv(join(work.baseline, OBSERVATIONS_CSV), OBSERVATION_COLUMNS)
  const calibration = await calibrate(rows, async (iterations, processes) => {
    work.onStep(`calibrating a loop of ${iterations} iterations on ${cell.name}`)
    const { observations } = await runBatch([cell], {
      ...work.matrix,
      roots: await trees.slowedBy(iterations),
      random: randomOf(work.seed + iterations, 1),
      signal: work.signal,
      nowMs: () => performance.now(),
      deadlineMs: Infinity,
      leastTurns: processes,
      mostTurns: processes,
      name: 'first',
      onObservation: ({ name }, batch, duel) =>
        observationsCsv.append(observationRow(calibrationRun(iterations), name, batch, duel)),
    })
    return (observations.get(cell.name) ?? []).map(({ slower }) => slower)
  })
  const spins = EFFECTS.map(
    (percent) => [percent, percent === 0 ? 0 : iterationsFor(calibration, percent)] as const,
  )
  return new Map(spins)
}

function rowOf(
  run: string,
  verdict: WallClockVerdict,
  percent: number,
  iterations: number,
): Omit<CertificationRow, keyof CertifiedKind | 'elapsed'> {
  const { cells } = verdict
  const slower = cells.filter(({ outcome }) => outcome === 'regression')
  const calibrated = cells.find(({ cell }) => cell === CALIBRATED_CELL)
  if (calibrated === undefined) throw new Error(`${CALIBRATED_CELL} was not judged`)
  return {
    schema_version: SCHEMA_VERSION,
    run,
    commit: `${verdict.head.commit ?? ''}${verdict.head.dirty === true ? '-dirty' : ''}`,
    injected_percent: percent,
    spin: iterations,
    seed: verdict.seed,
    processes: Math.min(...cells.map(({ batch }) => batch.processes)),
    outcome: verdict.outcome,
    cells: cells.length,
    suspects: cells.filter(
      ({ batch, target }) => batch.pAdjusted <= verdict.alpha && batch.ratio > leastRatioOf({ target }),
    ).length,
    regressions: slower.length,
    wrong_regressions: slower.filter(({ cell }) => percent === 0 || !isInjected(cell)).length,
    calibrated: calibrated.outcome,
    detectable_ratio: calibrated.detectable === null ? null : round(calibrated.detectable),
    reason: verdict.outcome === 'inconclusive' ? verdict.reason : '',
  }
}

function round(ratio: number): number {
  return Math.round(ratio * 1e4) / 1e4
}

function open<const C extends readonly Column[]>(path: string, columns: C): CsvWriter<C> {
  return existsSync(path) ? reopenCsv(path, columns) : createCsv(path, columns)
}

/** What each mode of the gate does between its options and its verdict. */
import { join } from 'node:path'
import { UsageError } from '../contract/usageError.js'
import { readEnvironment } from '../harness/environment.js'
import { createCsv, type CsvWriter } from '../records/csvWriter.js'
import { BASELINE_DIRECTORY } from './baselineFiles.js'
import type { CertificationRow } from '../records/certificationColumns.js'
import { certify } from './certify.js'
import { chooseCells, type GateOptions, parseRuns, wallClockOptions } from './gateOptions.js'
import { CALIBRATED_CELL, isInjected } from './injection.js'
import { OBSERVATION_COLUMNS } from '../records/observationColumns.js'
import { observationRow } from './observationRow.js'
import { selfTest, type SelfTestResult } from './selfTest.js'
import { refuseStoredResult } from './storedResult.js'
import type { WallClockVerdict } from './verdict.js'
import { runWallClockGate, type WallClockMatrix, type WallClockWork } from './wallClockGate.js'

const DEFAULT_BUDGET = '5m'
/** Of each of the two wall-clock parts of the self-test, which need no precision. */
const SELF_TEST_BUDGET = '2m'
/** So many clean runs bound the rate of false alarms at 1 %, with 95 % confidence. */
const DEFAULT_RUNS = '299'

export interface ModeContext {
  readonly matrix: WallClockMatrix
  readonly signal: AbortSignal
  /** What is being done, for whoever waits. */
  readonly onStep: (text: string) => void
}

/** @param folder for the observations; it exists */
export async function against(
  options: GateOptions & { against: string },
  folder: string,
  context: ModeContext,
): Promise<WallClockVerdict> {
  refuseStoredResult(options.against, readEnvironment())
  const work = workOf(options, context, DEFAULT_BUDGET)
  // Made with the first process, so that a refusal leaves no file.
  const observations: { csv: CsvWriter<typeof OBSERVATION_COLUMNS> | null } = { csv: null }
  try {
    return await runWallClockGate(process.cwd(), options.against, {
      ...work,
      onObservation: (cell, batch, duel) => {
        observations.csv ??= createCsv(join(folder, 'observations.csv'), OBSERVATION_COLUMNS)
        observations.csv.append(observationRow('gate', cell.name, batch, duel))
      },
    })
  } finally {
    observations.csv?.close()
  }
}

export async function testItself(options: GateOptions, context: ModeContext): Promise<SelfTestResult[]> {
  const work = workOf(
    { ...options, cells: options.cells ?? `^${CALIBRATED_CELL}$` },
    context,
    SELF_TEST_BUDGET,
  )
  const other = work.cells.find(({ name }) => !isInjected(name))
  if (other !== undefined) {
    const reason = `what is injected does not reach ${other.name}`
    throw new UsageError('--cells with --self-test', reason, [], `leave it out, or choose ${CALIBRATED_CELL}`)
  }
  return selfTest(process.cwd(), { ...work, onObservation: () => {} })
}

export function certifyItself(options: GateOptions, context: ModeContext): Promise<CertificationRow[]> {
  return certify(process.cwd(), {
    ...workOf(options, context, DEFAULT_BUDGET),
    runs: parseRuns(options.runs ?? DEFAULT_RUNS),
    baseline: options.baseline ?? BASELINE_DIRECTORY,
    page: join(options.baseline ?? 'docs', 'certification.md'),
  })
}

function workOf(
  options: GateOptions,
  { matrix, signal, onStep }: ModeContext,
  budget: string,
): Omit<WallClockWork, 'onObservation'> {
  return {
    matrix,
    cells: chooseCells(matrix.cells, options.cells),
    ...wallClockOptions(options, budget),
    signal,
    onStep,
  }
}

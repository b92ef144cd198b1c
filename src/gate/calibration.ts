import type { ObservationRow } from '../records/observationColumns.js'
import { hodgesLehmann } from '../stats/hodgesLehmann.js'
import { leastSquares } from '../stats/leastSquares.js'
import { GateRefusal } from './refusal.js'

/**
 * Iterations of the loops whose cost is measured. A processor hides the first ones behind the memory accesses around
 * them and mispredicts the end of long ones, so the cost is not proportional: a line between these does, and it does not
 * begin at 0.
 */
const LENGTHS = [10, 20, 40]
/** Processes that measure each. */
const PROCESSES = 16

/** Log-ratios of the processes that measured a loop, by its iterations. */
export type Calibration = ReadonlyMap<number, readonly number[]>

/** Names the processes in the file of observations, where they stand beside those of the gate runs. */
export function calibrationRun(iterations: number): string {
  return `calibration-${iterations}`
}

/**
 * Measures what is not on record yet, so that a certification that goes on injects what it has injected before.
 * @param rows of the file of observations
 * @param measure of a loop, in so many processes, which it puts on record
 */
export async function calibrate(
  rows: readonly ObservationRow[],
  measure: (iterations: number, processes: number) => Promise<readonly number[]>,
): Promise<Calibration> {
  const calibration = new Map<number, readonly number[]>()
  for (const length of LENGTHS) {
    const known = rows.filter(({ run }) => run === calibrationRun(length)).map(({ slower }) => slower)
    const missing = PROCESSES - known.length
    calibration.set(length, missing > 0 ? [...known, ...(await measure(length, missing))] : known)
  }
  return calibration
}

/**
 * How long a loop makes the calibrated cell slower by so much.
 * @throws GateRefusal where the loops have not shown it
 */
export function iterationsFor(calibration: Calibration, percent: number): number {
  const costs = [...calibration].map(([length, slower]) => [length, percentOf(slower)] as const)
  const line = leastSquares(costs)
  const iterations = line === null ? NaN : Math.round((percent - line.intercept) / line.slope)
  if (line !== null && line.slope > 0 && iterations > 0) return iterations
  const seen = costs.map(([length, cost]) => `${length} iterations: ${cost.toFixed(1)} %`).join(', ')
  throw new GateRefusal(
    `no loop is known that costs ${percent} %`,
    `measured: ${seen}`,
    'move the files of the certification away and begin anew on a quieter machine',
  )
}

function percentOf(logRatios: readonly number[]): number {
  return (Math.exp(hodgesLehmann(logRatios) ?? NaN) - 1) * 100
}

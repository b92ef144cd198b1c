import { hodgesLehmann } from '../stats/hodgesLehmann.js'
import { type BatchPlan, runBatch } from './batch.js'
import type { WallCell } from './duel.js'

/** Long enough that its cost stands out of the noise by far, short enough to be proportional still. */
export const CALIBRATION_SPIN = 100
/** Processes that measure it. */
const PROCESSES = 12

/**
 * How long a loop makes the injected cell slower by so much. Measured at one gross length and taken to be proportional
 * to it, so that no effect is calibrated by the comparison that has to find it.
 * @param plan with a base as it is and a head that spins CALIBRATION_SPIN iterations at every change
 * @returns iterations for a slowdown in percent
 */
export async function calibrate(
  cell: WallCell,
  plan: Omit<BatchPlan, 'deadlineMs' | 'leastTurns' | 'mostTurns' | 'name'>,
): Promise<(percent: number) => number> {
  const batch = await runBatch([cell], {
    ...plan,
    deadlineMs: Infinity,
    leastTurns: PROCESSES,
    mostTurns: PROCESSES,
    name: 'first',
  })
  const slower = hodgesLehmann((batch.observations.get(cell.name) ?? []).map((duel) => duel.slower))
  const perIteration = (Math.exp(slower ?? NaN) - 1) / CALIBRATION_SPIN
  if (!(perIteration > 0)) throw new Error(`a loop of ${CALIBRATION_SPIN} iterations makes nothing slower`)
  return (percent) => Math.round(percent / 100 / perIteration)
}

import { reachedSerial } from '../contract/change.js'
import type { Strategy } from '../contract/strategy.js'
import { ViolationList, type ViolationRecord } from '../oracle/violations.js'
import type { Memory } from '../machine/memory.js'
import type { CellWords } from './cellWords.js'
import type { RunFigures } from './figures.js'

/** Ticks of every CPU at the end of a run: two sweeps, and two more for strategies that count epochs. */
export const DRAIN_TICKS = 4

/** What an engine hands back. */
export interface EngineResult {
  figures: RunFigures
  /** Durations of the measured passes, in the order of time. */
  passNs: number[]
  violationCount: number
  violations: ViolationRecord[]
}

/** I9: after the drain nothing is held, and every change is settled. */
export function judgeDrain(
  cell: CellWords,
  memory: Memory,
  strategy: Strategy,
  leftByCpu: readonly number[],
  violations: ViolationList,
): void {
  for (let cpu = 0; cpu < cell.config.cpuCount; cpu++) {
    const issued = memory.load(cell.machine.issued.base + cpu * cell.machine.issued.stride)
    const settled = memory.load(cell.machine.watermark.base + cpu * cell.machine.watermark.stride)
    // A strategy with a predicate of its own need not move the watermark; what it holds was asked for one by one.
    const isUnsettled = strategy.covered === undefined && !reachedSerial(settled, issued)
    if (!isUnsettled && leftByCpu[cpu] === 0) continue
    const what = isUnsettled
      ? `changes ${settled + 1} to ${issued} are unsettled`
      : `${leftByCpu[cpu]} frames or ranges are held`
    violations.add({
      invariant: 'I9',
      cpu,
      space: 0,
      page: 0,
      step: 0,
      message: `after the drain ${what} on CPU ${cpu}, although everything was demanded`,
    })
  }
}

import { reachedSerial } from '../contract/change.js'
import { ViolationList, type ViolationRecord } from '../oracle/violations.js'
import type { Memory } from '../machine/memory.js'
import { cpuOf, partOf } from '../pagetable/parts.js'
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
  leftByCpu: readonly number[],
  violations: ViolationList,
): void {
  const { parts } = cell
  for (let owner = 0; owner < cell.config.cpuCount * parts.count; owner++) {
    const cpu = cpuOf(parts, owner)
    const issued = memory.load(cell.machine.issued.base + owner * cell.machine.issued.stride)
    const settled = memory.load(cell.machine.watermark.base + owner * cell.machine.watermark.stride)
    // A strategy with a predicate of its own need not move the watermark; what it holds was asked for one by one.
    const isUnsettled = !parts.hasPredicate[partOf(parts, owner)] && !reachedSerial(settled, issued)
    // What a CPU holds is reported once.
    const left = partOf(parts, owner) === 0 ? leftByCpu[cpu] : 0
    if (!isUnsettled && left === 0) continue
    const what = isUnsettled
      ? `changes ${settled + 1} to ${issued} are unsettled`
      : `${left} frames or ranges are held`
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

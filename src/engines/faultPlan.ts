import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import type { Parameters } from '../contract/parameter.js'
import { FAULT_NAMES, type FaultName } from './faultSpecs.js'

/**
 * What goes wrong on purpose in a repetition. Plain data, so that a worker can be born with it. There
 * is no plan where there is no fault: engines choose once what they are made of, and no path asks.
 */
export interface FaultPlan {
  readonly seed: number
  /** Every parameter of each fault that was asked for. */
  readonly faults: Readonly<Partial<Record<FaultName, Parameters>>>
}

/** A uniform integer below the bound. */
export type Draw = (bound: number) => number

/** Streams 0 and 1 of the seed are the tapes' and the machine's. */
const FIRST_STREAM = 2

/**
 * A stream for each CPU: what strikes one does not depend on how often the others draw, and so a worker
 * needs no other worker for it.
 */
export function faultStream(seed: number, cpu: number): Draw {
  const generator = xoroshiro128plus(seed)
  for (let jump = 0; jump < FIRST_STREAM + cpu; jump++) generator.jump()
  return (bound) => uniformInt(generator, 0, bound - 1)
}

/** Whether this one of many is struck. Draws nothing where the answer is known, so that it can be computed by hand. */
export function isStruck(draw: Draw, percent: number): boolean {
  if (percent <= 0) return false
  return percent >= 100 || draw(100) < percent
}

export function drawBetween(draw: Draw, min: number, max: number): number {
  return max <= min ? min : min + draw(max - min + 1)
}

/** No single fault of the plan makes anybody wait longer than all of this together. */
export function longestDelayNs(plan: FaultPlan): number {
  let sum = 0
  for (const name of FAULT_NAMES) {
    const { maxNs = 0, holdNs = 0, withinNs = 0, maxUs = 0 } = plan.faults[name] ?? {}
    sum += maxNs + holdNs + withinNs + maxUs * 1000
  }
  return sum
}

import { COST_NAMES, type Meter } from '../../machine/costs.js'
import type { Profile } from '../../machine/profile.js'

/** Costs in picoseconds, indexed like COST_NAMES. */
export function costTable(profile: Profile): Float64Array {
  return Float64Array.from(COST_NAMES, (name) => profile.costsPs[name].value)
}

/** One CPU's virtual time: integer picoseconds in a double, exact up to 2^53 (2.5 hours). */
export class SimClock implements Meter {
  readonly #costs: Float64Array
  nowPs = 0

  constructor(costs: Float64Array) {
    this.#costs = costs
  }

  charge(cost: number, count: number): void {
    this.nowPs += this.#costs[cost] * count
  }
}

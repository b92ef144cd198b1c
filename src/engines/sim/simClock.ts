import {
  BROADCAST_COST_NAMES,
  COHERENT_COST_NAMES,
  COST_NAMES,
  DIRECTORY_COST_NAMES,
  EXPIRING_COST_NAMES,
  IOMMU_COST_NAMES,
  VCPU_COST_NAMES,
  type Meter,
} from '../../machine/costs.js'
import type { Profile } from '../../machine/profile.js'

/** Costs in picoseconds, indexed like COST_NAMES, and behind them what only some machines have. */
export function costTable({ costsPs, broadcast, extras = {} }: Profile): Float64Array {
  return Float64Array.from([
    ...COST_NAMES.map((name) => costsPs[name].value),
    ...BROADCAST_COST_NAMES.map((name) => broadcast?.costsPs[name].value ?? 0),
    ...IOMMU_COST_NAMES.map((name) => extras.iommu?.costsPs[name].value ?? 0),
    ...VCPU_COST_NAMES.map((name) => extras.vcpu?.costsPs[name].value ?? 0),
    ...EXPIRING_COST_NAMES.map((name) => extras.expiring?.costsPs[name].value ?? 0),
    ...COHERENT_COST_NAMES.map((name) => extras.coherent?.costsPs[name].value ?? 0),
    ...DIRECTORY_COST_NAMES.map((name) => extras.directory?.costsPs[name].value ?? 0),
  ])
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

import { KIND_NAMES } from '../contract/change.js'
import type { Contract } from '../contract/obligation.js'
import type { Parameters } from '../contract/parameter.js'
import type { Strategy, StrategyHost, StrategyModule } from '../contract/strategy.js'

/**
 * The parts of the strategy of a cell: one, or those of a combination (combination.ts), each for some kinds of mapping.
 *
 * A part settles its own changes and no others, so each numbers them by itself: a CPU has one sequence of serials, and one
 * watermark, for each part. Whatever names a change names this sequence, its OWNER: CPU * parts + part. With one part it
 * is the CPU.
 */
export interface Parts {
  readonly count: number
  /** The part that handles each kind of mapping. */
  readonly ofKind: readonly number[]
  readonly contracts: readonly Contract[]
  /** Nanoseconds; Infinity: its contract has none. */
  readonly deadlinesNs: readonly number[]
  /** Whether it has a `covered` of its own, so that its watermark need not move. */
  readonly hasPredicate: readonly boolean[]
}

/** How many strategies can run together. */
export const MOST_PARTS = 4

/** What a combination says of its parts; other modules have none of it. */
export interface PartPlans {
  readonly ofKind: readonly number[]
  readonly plans: readonly PartPlan[]
}

export interface PartPlan {
  readonly module: StrategyModule
  readonly parametersOf: (parameters: Parameters) => Parameters
  readonly hostOf: (host: StrategyHost) => StrategyHost
}

/** A module that is made of several. */
export interface CombinedModule extends StrategyModule {
  readonly parts: PartPlans
}

function partPlansOf(module: StrategyModule): PartPlans {
  if ('parts' in module) return (module as CombinedModule).parts
  const plan: PartPlan = { module, parametersOf: (parameters) => parameters, hostOf: (host) => host }
  return { ofKind: KIND_NAMES.map(() => 0), plans: [plan] }
}

export function partCountOf(module: StrategyModule): number {
  return partPlansOf(module).plans.length
}

/** @param host of the whole strategy */
export function partsOf(module: StrategyModule, host: StrategyHost): Parts {
  const { ofKind, plans } = partPlansOf(module)
  const parts = plans.map((plan) => onePart(plan, host))
  return {
    count: parts.length,
    ofKind,
    contracts: parts.map(({ contract }) => contract),
    deadlinesNs: parts.map(({ deadlineNs }) => deadlineNs),
    hasPredicate: parts.map(({ hasPredicate }) => hasPredicate),
  }
}

function onePart({ module, parametersOf, hostOf }: PartPlan, host: StrategyHost) {
  const parameters = parametersOf(host.parameters)
  const contract = module.contract(parameters)
  const strategy: Strategy = module.create(hostOf(host))
  return {
    contract,
    deadlineNs: contract === 'bounded' ? (module.assumes(parameters).deadlineNs ?? Infinity) : Infinity,
    hasPredicate: strategy.covered !== undefined,
  }
}

export function ownerOf({ count, ofKind }: Parts, cpu: number, kind: number): number {
  return cpu * count + ofKind[kind]
}

/** The CPU that made the changes of an owner. */
export function cpuOf({ count }: Pick<Parts, 'count'>, owner: number): number {
  return count === 1 ? owner : Math.floor(owner / count)
}

export function partOf({ count }: Parts, owner: number): number {
  return owner % count
}

/** The part's contract, by the owner of a change. */
export function contractOf(parts: Parts, owner: number): Contract {
  return parts.contracts[partOf(parts, owner)]
}

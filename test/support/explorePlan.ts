import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { StrategyModule } from '../../dist/src/contract/strategy.js'
import { explore, type Exploration } from '../../dist/src/engines/explore/engine.js'
import type { ExploreCase } from '../../dist/src/engines/explore/exploreCase.js'
import type { ExplorePlan } from '../../dist/src/engines/explore/exploreMachine.js'
import { loadProfile } from '../../dist/src/machine/profile.js'
import { SMALLEST } from '../../dist/src/testing/smallCases.js'
import { loadStrategy, ROOT } from './runCell.js'

const { profile } = loadProfile('icelake-2s64c', [])

export function planOf(
  module: StrategyModule,
  given: Partial<ExploreCase> = {},
  parameters: Readonly<Record<string, number>> = {},
): ExplorePlan {
  const defaults = Object.entries(module.parameters).map(([name, spec]): [string, number] => [
    name,
    spec.default,
  ])
  const known = Object.entries(parameters).filter(([name]) => Object.hasOwn(module.parameters, name))
  return {
    case: { ...SMALLEST, ...given },
    module,
    parameters: Object.fromEntries([...defaults, ...known]),
    profile,
  }
}

/** No search of a test runs into these: what it says about a case is complete. */
const LIMITS = { stateCount: 5_000_000, milliseconds: 60_000, nowMs: () => performance.now() }

export function exploreFully(plan: ExplorePlan, shortens = false): Exploration {
  const found = explore(plan, { ...LIMITS, shorteningStates: shortens ? LIMITS.stateCount : 0 })
  if (found.end !== 'complete' && found.end !== 'finding')
    throw new Error(`the search ended by its limit of ${found.end}`)
  return found
}

/** The invariant that was found, or `complete`. */
export function verdictOf(plan: ExplorePlan): string {
  const { finding, end } = exploreFully(plan)
  return finding?.invariant ?? end
}

async function moduleAt(...path: string[]): Promise<StrategyModule> {
  const { default: module } = (await import(pathToFileURL(resolve(ROOT, ...path)).href)) as {
    default: StrategyModule
  }
  return module
}

/** As a user names it: one for some kinds of mapping only comes with `batched`. */
export const shipped = (name: string): Promise<StrategyModule> => loadStrategy(name)
export const fixture = (name: string): Promise<StrategyModule> =>
  moduleAt('test/fixtures/strategies', `${name}.mjs`)
export const planted = (name: string): Promise<StrategyModule> =>
  moduleAt('dist/src/testing/defects', `${name}.js`)
export const base = (name: string): Promise<StrategyModule> =>
  moduleAt('dist/src/testing/bases', `${name}.js`)

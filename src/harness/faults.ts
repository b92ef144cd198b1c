import type { StrategyModule } from '../contract/strategy.js'
import { UsageError } from '../contract/usageError.js'
import type { FaultPlan } from '../engines/faultPlan.js'
import { FAULT_NAMES, faultSpec, type FaultName } from '../engines/faultSpecs.js'
import type { Cell, Choice } from './cells.js'
import { resolveParameters } from './parameters.js'
import { asTyped } from './quote.js'
import { parseSpecs, specText, unknownName } from './spec.js'

/** What `--fault` asks for; the same for all cells of a run. */
export interface FaultChoice {
  readonly faults: FaultPlan['faults']
  /** The `fault` column, which can be given to `--fault` again; empty where there is none. */
  readonly text: string
}

export const NO_FAULT: FaultChoice = { faults: {}, text: '' }

export function parseFaults(text: string): FaultChoice {
  const thing = `--fault ${asTyped(text)}`
  const chosen = new Map<FaultName, { values: Record<string, number>; text: string }>()
  for (const { name: typed, parameters } of parseSpecs('--fault', text)) {
    const name = FAULT_NAMES.find((known) => known === typed)
    if (name === undefined) throw unknownName(thing, 'fault', typed, FAULT_NAMES)
    if (chosen.has(name)) throw new UsageError(thing, `${name} is given twice`, [], 'give it once')
    const { values, shown } = resolveParameters(
      `fault ${name}`,
      faultSpec(name).parameters,
      parameters,
      false,
    )
    chosen.set(name, { values, text: specText(name, shown) })
  }
  const { minNs, maxNs } = chosen.get('delay-interrupt')?.values ?? { minNs: 0, maxNs: 0 }
  if (minNs > maxNs) {
    const reason = `minNs ${minNs} is above maxNs ${maxNs}`
    throw new UsageError('fault delay-interrupt', reason, [], `for example minNs=${maxNs}`)
  }
  // In the order of the list, so that one wish has one name whatever the order of typing.
  const names = FAULT_NAMES.filter((name) => chosen.has(name))
  return {
    faults: Object.fromEntries(names.map((name) => [name, chosen.get(name)?.values ?? {}])),
    text: names.map((name) => chosen.get(name)?.text).join(','),
  }
}

/** A fault that cannot strike a cell would make its row say something that is not so. */
export function refuseIdleFaults(
  choice: FaultChoice,
  cells: readonly Cell[],
  strategies: readonly Choice<StrategyModule>[],
): void {
  for (const name of FAULT_NAMES) {
    const parameters = choice.faults[name]
    if (parameters === undefined) continue
    const fewest = Math.min(...cells.map((cell) => cell.cpus))
    const { minCpus } = faultSpec(name)
    const needed = Math.max(minCpus, (parameters['cpu'] ?? -1) + 1)
    if (fewest < needed) {
      const reason =
        needed > minCpus
          ? `there is no CPU ${needed - 1} in a cell of ${fewest}`
          : `${fewest} CPUs are too few`
      throw new UsageError(
        `fault ${name}`,
        reason,
        [],
        `for example --cpus ${needed}, at least that for each cell`,
      )
    }
    const tickless = cells.find(({ strategy }) => {
      const module = strategies.find(({ loaded }) => loaded.name === strategy.name)?.loaded.module
      return module?.assumes(strategy.parameters).tickNs === undefined
    })
    if (name !== 'no-tick' || tickless === undefined) continue
    const remedy = 'name strategies that take ticks, for example --strategy lazy'
    throw new UsageError('fault no-tick', `strategy ${tickless.strategy.name} takes no ticks`, [], remedy)
  }
}

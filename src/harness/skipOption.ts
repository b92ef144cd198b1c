import { hidesAccess } from '../contract/hardware.js'
import type { ParameterSpecs } from '../contract/parameter.js'
import type { StrategyModule } from '../contract/strategy.js'
import { OWN_TABLE_SKIP_PARAMETERS, SKIP_PARAMETERS, SKIP_RULES } from '../pagetable/skips.js'
import { asTyped } from './quote.js'
import { type Spec, splitList, unknownName } from './spec.js'

/** A strategy's own parameters, and the rules by which any of them may leave a flush out. */
export function strategyParameters({ parameters, needs }: StrategyModule): ParameterSpecs {
  return { ...parameters, ...(hidesAccess(needs) ? OWN_TABLE_SKIP_PARAMETERS : SKIP_PARAMETERS) }
}

const NONE = 'none'

/**
 * `--skip gained,untouched`: these rules and no others, for every strategy of the run; `none`: no rule at all. What a
 * strategy's own parameters say wins.
 */
export function withSkips(specs: readonly Spec[], text: string | undefined): readonly Spec[] {
  if (text === undefined) return specs
  const known = [...Object.keys(SKIP_RULES), NONE]
  const rules = splitList('--skip', text)
  const unknown = rules.find((rule) => !known.includes(rule))
  if (unknown !== undefined) throw unknownName(`--skip ${asTyped(text)}`, 'rule', unknown, known)
  const values = new Map(Object.keys(SKIP_PARAMETERS).map((name) => [name, 0]))
  for (const rule of rules)
    for (const [name, value] of Object.entries(SKIP_RULES[rule] ?? {})) values.set(name, value)
  return specs.map((spec) => ({ ...spec, parameters: new Map([...values, ...spec.parameters]) }))
}

/** As `withSkips`, for a strategy that was loaded: it goes without a rule that it cannot have, unless it was asked for by name. */
export function withPossibleSkips(spec: Spec, module: StrategyModule, text: string | undefined): Spec {
  const [{ parameters }] = withSkips([spec], text)
  const specs = strategyParameters(module)
  const isPossible = (name: string, value: number) => spec.parameters.has(name) || value <= specs[name].max
  return { ...spec, parameters: new Map([...parameters].filter((given) => isPossible(...given))) }
}

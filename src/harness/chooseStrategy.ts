import { KIND_NAMES } from '../contract/change.js'
import type { StrategyModule } from '../contract/strategy.js'
import { UsageError } from '../contract/usageError.js'
import { joinFiles, partName } from '../engines/importStrategy.js'
import { combine, inPart, kindsOf } from '../pagetable/combination.js'
import { MOST_PARTS } from '../pagetable/parts.js'
import { SKIP_PARAMETERS } from '../pagetable/skips.js'
import { type Loaded, loadStrategy } from './loadModule.js'
import { givenBy, resolveParameters } from './parameters.js'
import { asTyped } from './quote.js'
import { strategyParameters } from './skipOption.js'
import { ALL, type Spec, unknownName } from './spec.js'

/** What takes the rest where a strategy for some kinds of mapping is named alone. */
export const USUAL_FALLBACK = 'batched'

export interface ChosenStrategy {
  /** With the parameters of the whole: those of a part of a combination have its name in front. */
  readonly spec: Spec
  readonly loaded: Loaded<StrategyModule>
}

interface Part {
  readonly spec: Spec
  readonly name: string
  readonly loaded: Loaded<StrategyModule>
}

/** Loads what an entry of `--strategy` names: one strategy, or several that run together. */
export async function chooseStrategy(spec: Spec): Promise<ChosenStrategy> {
  const specs = [...(spec.parts ?? [spec])]
  if (spec.parts?.some(({ name }) => name === ALL) === true) {
    const remedy = `name one strategy in the place of ${ALL}`
    throw new UsageError(thingOf(spec), `${ALL} is no part of a combination`, [], remedy)
  }
  const loaded = [await loadStrategy(specs[0].name)]
  if (specs.length === 1 && loaded[0].module.handles === undefined) return { spec, loaded: loaded[0] }
  if (specs.length === 1) specs.push({ name: USUAL_FALLBACK, parameters: new Map() })
  for (const { name } of specs.slice(1)) loaded.push(await loadStrategy(name))
  const parts = loaded.map((one, index): Part => ({
    spec: specs[index],
    name: partName(one.file),
    loaded: one,
  }))
  checkParts(thingOf(spec), parts)
  const name = loaded.map((one) => one.name).join('+')
  return {
    spec: { name, parameters: givenTo(thingOf(spec), spec, parts) },
    loaded: {
      name,
      file: joinFiles(loaded.map(({ file }) => file)),
      module: combine(parts.map((part) => ({ name: part.name, module: part.loaded.module }))),
    },
  }
}

function thingOf({ name }: Spec): string {
  return `strategy ${asTyped(name)}`
}

function checkParts(thing: string, parts: readonly Part[]): void {
  if (parts.length > MOST_PARTS) {
    const reason = `${parts.length} strategies are too many at once`
    throw new UsageError(thing, reason, [], `name ${MOST_PARTS} at most`)
  }
  const twice = parts.find(({ name }, index) => parts.findIndex((other) => other.name === name) !== index)
  if (twice !== undefined)
    throw new UsageError(thing, `${twice.name} is named twice`, [], 'name each strategy once')
  const last = parts[parts.length - 1]
  const everything = parts.find(({ loaded }) => loaded.module.handles === undefined)
  if (everything === undefined) {
    const reason = `${last.name} handles ${kindsOf(last.loaded.module)} only, and nothing is left for the rest`
    throw new UsageError(
      thing,
      reason,
      [],
      `name one that handles every kind last, such as +${USUAL_FALLBACK}`,
    )
  }
  if (everything !== last) {
    const reason = `${everything.name} handles every kind of mapping, so nothing is left for what follows`
    throw new UsageError(thing, reason, [], `name it last, or ${everything.name} alone`)
  }
  for (const [kind, kindName] of KIND_NAMES.entries()) {
    const handlers = parts.filter(({ loaded }) => loaded.module.handles?.includes(kind) === true)
    if (handlers.length < 2) continue
    const reason = `${handlers.map(({ name }) => name).join(' and ')} both handle ${kindName}`
    throw new UsageError(thing, reason, [], 'name one of them')
  }
}

/**
 * The parameters of the whole: those behind a part are its own, or of the part whose name stands in front
 * (`linux.ceiling`); the rules of `--skip` are for all.
 */
function givenTo(thing: string, spec: Spec, parts: readonly Part[]): Map<string, number> {
  const whole = new Map(spec.parts === undefined ? [] : spec.parameters)
  const own = parts.map(() => new Map<string, number>())
  const names = parts.map(({ name }) => name)
  for (const [at, part] of parts.entries()) {
    for (const [typed, value] of part.spec.parameters) {
      const dot = typed.lastIndexOf('.')
      const index = dot < 0 ? at : names.indexOf(typed.slice(0, dot))
      if (index < 0) throw unknownName(thing, 'part', typed.slice(0, dot), names)
      const name = typed.slice(dot + 1)
      const isForAll = Object.hasOwn(SKIP_PARAMETERS, name)
      const values = isForAll ? whole : own[index]
      // What `--skip` says is overridden, as with one strategy.
      if (values.has(name) && !(isForAll && spec.parameters.has(name)))
        throw new UsageError(thing, `parameter ${asTyped(typed)} is given twice`, [], 'give it once')
      values.set(name, value)
    }
  }
  for (const [index, { name, spec: partSpec, loaded }] of parts.entries()) {
    const partThing = `strategy ${asTyped(loaded.name)}`
    const given = givenBy(partThing, { ...partSpec, parameters: own[index] }, loaded.module.presets)
    // Checked here, where its parameters have the names that were typed.
    resolveParameters(partThing, strategyParameters(loaded.module), given, false)
    for (const [parameter, value] of given) whole.set(inPart(name, parameter), value)
  }
  return whole
}

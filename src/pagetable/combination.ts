import { KIND_NAMES } from '../contract/change.js'
import type { Hardware } from '../contract/hardware.js'
import { CONTRACTS, type Contract } from '../contract/obligation.js'
import type { ParameterSpec, Parameters } from '../contract/parameter.js'
import type {
  Assumptions,
  MachineShape,
  Placed,
  StrategyHost,
  StrategyModule,
  WordBlock,
} from '../contract/strategy.js'
import { COMBINATION_PRIVATES, CombinedStrategy } from './combinedStrategy.js'
import type { CombinedModule, PartPlan } from './parts.js'

/** A strategy of a combination. Its name stands before the names of its parameters and words: `linux.ceiling`. */
export interface NamedModule {
  readonly name: string
  readonly module: StrategyModule
}

const STATE = 'combination'

/** How a parameter of a part is called in the combination. */
export function inPart(part: string, name: string): string {
  return `${part}.${name}`
}

/**
 * Several strategies as one module: each handles the kinds of mapping that it names, the last one all that are left.
 *
 * The contract is the weakest of them; each part is asked by its own. Ticks come with the shortest period, to all that
 * take any: to come too often costs time and no correctness. Counts are timeless, CPUs alike, where they are so in all.
 * @param parts two or more, checked by the harness
 */
export function combine(parts: readonly NamedModule[]): CombinedModule {
  const plans = parts.map(planOf)
  const ofKind = KIND_NAMES.map((_, kind) => {
    const handler = parts.findIndex(({ module }) => module.handles?.includes(kind) === true)
    return handler < 0 ? parts.length - 1 : handler
  })
  const last = parts[parts.length - 1]
  const first = parts.slice(0, -1).map(({ name, module }) => `${kindsOf(module)} by ${name}`)
  return {
    summary: `${first.join(', ')}, the rest by ${last.name}`,
    source: parts.map(({ name, module }) => `${name}: ${module.source}`).join('; '),
    needs: [...new Set(parts.flatMap(({ module }): readonly Hardware[] => module.needs ?? []))],
    parameters: merged(parts, ({ module }): Readonly<Record<string, ParameterSpec>> => module.parameters),
    contract: (parameters) =>
      weakest(plans.map((plan) => plan.module.contract(plan.parametersOf(parameters)))),
    assumes: (parameters) =>
      together(plans.map((plan) => plan.module.assumes(plan.parametersOf(parameters)))),
    words: (shape, parameters) =>
      merged(parts, ({ module }, index): Readonly<Record<string, WordBlock>> =>
        module.words(shape, plans[index].parametersOf(parameters)),
      ),
    privateWords: (shape: MachineShape, parameters: Parameters) => ({
      ...merged(parts, ({ module }, index): Readonly<Record<string, number>> =>
        module.privateWords(shape, plans[index].parametersOf(parameters)),
      ),
      [STATE]: COMBINATION_PRIVATES,
    }),
    create: (host) =>
      new CombinedStrategy(
        plans.map((plan) => plan.module.create(plan.hostOf(host))),
        ofKind,
        plans.map(({ module, parametersOf }) => {
          return module.assumes(parametersOf(host.parameters)).tickNs !== undefined
        }),
        host.privates[STATE],
      ),
    parts: { ofKind, plans },
  }
}

/** For messages: `vmalloc, guest`. */
export function kindsOf({ handles = [] }: StrategyModule): string {
  return handles.map((kind) => KIND_NAMES[kind]).join(', ')
}

function planOf({ name, module }: NamedModule): PartPlan {
  const parametersOf = (parameters: Parameters): Parameters => own(name, parameters)
  return {
    module,
    parametersOf,
    hostOf: ({ shape, parameters, words, privates }): StrategyHost => ({
      shape,
      parameters: parametersOf(parameters),
      words: own<Placed>(name, words),
      privates: own(name, privates),
    }),
  }
}

/** The values whose names begin with the part's, without it. */
function own<T>(part: string, values: Readonly<Record<string, T>>): Record<string, T> {
  const prefix = inPart(part, '')
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]): [string, T][] =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
    ),
  )
}

function merged<T>(
  parts: readonly NamedModule[],
  valuesOf: (part: NamedModule, index: number) => Readonly<Record<string, T>>,
): Record<string, T> {
  return Object.fromEntries(
    parts.flatMap((part, index) =>
      Object.entries(valuesOf(part, index)).map(([name, value]): [string, T] => [
        inPart(part.name, name),
        value,
      ]),
    ),
  )
}

function weakest(contracts: readonly Contract[]): Contract {
  return CONTRACTS[Math.max(...contracts.map((contract) => CONTRACTS.indexOf(contract)))]
}

function together(all: readonly Assumptions[]): Assumptions {
  return {
    ...shortest(all, 'pollNs'),
    ...shortest(all, 'leaseNs'),
    ...shortest(all, 'tickNs'),
    timeless: all.every(({ timeless }) => timeless),
    symmetric: all.every(({ symmetric }) => symmetric === true),
    sleeps: all.some(({ sleeps }) => sleeps === true),
  }
}

/** The shortest of a time that some of them name; nothing where none does. */
function shortest(all: readonly Assumptions[], name: 'pollNs' | 'leaseNs' | 'tickNs'): Partial<Assumptions> {
  const times = all.flatMap(({ [name]: time }) => (time === undefined ? [] : [time]))
  return times.length === 0 ? {} : { [name]: Math.min(...times) }
}

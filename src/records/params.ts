/** The column `params`: `strategy.ceiling=64;workload.pages=4`, sorted, only what differs from its default. */
import type { Parameters, ParameterSpecs } from '../contract/parameter.js'

const STRATEGY = 'strategy.'
const WORKLOAD = 'workload.'

export function defaultsOf(specs: ParameterSpecs): Record<string, number> {
  return Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, spec.default]))
}

/** What differs from its default. A parameter without a declaration counts as different. */
export function changedParameters(specs: ParameterSpecs, values: Parameters): Parameters {
  return Object.fromEntries(Object.entries(values).filter(([name, value]) => specs[name]?.default !== value))
}

export function formatParams(strategyChanged: Parameters, workloadChanged: Parameters): string {
  const texts = [
    ...Object.entries(strategyChanged).map(([name, value]) => `${STRATEGY}${name}=${value}`),
    ...Object.entries(workloadChanged).map(([name, value]) => `${WORKLOAD}${name}=${value}`),
  ]
  // By code unit and not by locale: the text is part of a cell's identity on every machine.
  return texts.sort().join(';')
}

/** `ceiling=64`: the part of the strategy without its prefix; empty where all are defaults. */
export function strategyParams(params: string): string {
  return part(params, STRATEGY)
}

/** `pages=4`: the part of the workload without its prefix; empty where all are defaults. */
export function workloadParams(params: string): string {
  return part(params, WORKLOAD)
}

function part(params: string, prefix: string): string {
  return params
    .split(';')
    .filter((text) => text.startsWith(prefix))
    .map((text) => text.slice(prefix.length))
    .join(';')
}

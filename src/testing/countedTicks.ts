import type { Subject } from './subject.js'

/** Longer than any run of a script, so that all ticks come from its tapes. */
const NO_TICK_NS = 1_000_000_000

/** Parameters with which nothing that a strategy counts depends on the clock; null where there are none. */
export function countedTicks({ module, parameters }: Subject): Readonly<Record<string, number>> | null {
  const isCounted = (given: Readonly<Record<string, number>>): boolean => {
    const { tickNs, timeless } = module.assumes(given)
    return timeless
      ? tickNs === undefined || tickNs >= NO_TICK_NS
      : tickNs !== undefined && tickNs >= NO_TICK_NS
  }
  if (isCounted(parameters)) return parameters
  for (const [name, spec] of Object.entries(module.parameters)) {
    const given = { ...parameters, [name]: spec.max }
    if (isCounted(given)) return given
  }
  return null
}

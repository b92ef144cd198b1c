/** Memory or addresses have run out: a case that is too small, not a finding. */
const OUT_OF_RESOURCES = new Set(['FramesExhausted', 'AddressesExhausted'])

export function isOutOfResources(error: unknown): boolean {
  return error instanceof Error && OUT_OF_RESOURCES.has(error.name)
}

/** The message, and the function that threw: the schedule says the rest. */
export function describeThrown(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const place = /^\s*at (?:new )?([\w.#<>]+) /m.exec(error.stack ?? '')?.[1]
  return `${error.name}: ${error.message}${place === undefined ? '' : ` (in ${place})`}`
}

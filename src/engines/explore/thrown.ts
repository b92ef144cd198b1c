/** The message, and the function that threw: the schedule says the rest. */
export function thrown(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const place = /^\s*at (?:new )?([\w.#<>]+) /m.exec(error.stack ?? '')?.[1]
  return `${error.name}: ${error.message}${place === undefined ? '' : ` (in ${place})`}`
}

/** What none of the statistics takes: a mistake of the caller, so a RangeError and not an unknown result. */

/** @param what is computed: `quantile` */
export function refuseNotFinite(what: string, values: readonly number[]): void {
  if (values.some((value) => !Number.isFinite(value)))
    throw new RangeError(`${what} of a value that is not finite`)
}

/** @param what the level is: `coverage` */
export function refuseLevel(what: string, level: number): void {
  if (!(level > 0 && level < 1)) throw new RangeError(`${what} ${level} is not between 0 and 1`)
}

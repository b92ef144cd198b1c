/** Figures for people: 3 significant digits, more only where an integer has them anyway. */

export interface TimeUnit {
  readonly name: 'ns' | 'us' | 'ms' | 's'
  readonly ns: number
}

const UNITS: readonly TimeUnit[] = [
  { name: 'ns', ns: 1 },
  { name: 'us', ns: 1e3 },
  { name: 'ms', ns: 1e6 },
  { name: 's', ns: 1e9 },
]

/** From here on a number is too long for a column. */
const LONG = 99_999.5

export const UNKNOWN = '-'

/** At most 7 characters for all that can be measured. */
export function significant(value: number): string {
  if (value === 0) return '0'
  if (value >= LONG) return exponential(value)
  // 999.5 and above: toPrecision would turn to an exponent there.
  if (value >= 999.5 || Number.isInteger(value)) return String(Math.round(value))
  return value < 0.001 ? exponential(value) : value.toPrecision(3)
}

export function ratio(value: number | null): string {
  return value === null ? UNKNOWN : `${significant(value)}x`
}

export function count(value: number | null): string {
  return value === null ? UNKNOWN : significant(value)
}

/** The unit in which the smallest of these times is at least 1, so that one heading serves all of them. */
export function commonUnit(timesNs: readonly (number | null)[]): TimeUnit {
  const smallest = timesNs.reduce<number>(
    (least, ns) => (ns === null || ns === 0 ? least : Math.min(least, ns)),
    Infinity,
  )
  return smallest === Infinity ? UNITS[0] : ownUnit(smallest)
}

/** In the unit of the column's heading; a time that is too long for it brings its own. */
export function time(ns: number | null, unit: TimeUnit): string {
  if (ns === null) return UNKNOWN
  if (ns / unit.ns < LONG) return significant(ns / unit.ns)
  const own = ownUnit(ns)
  return significant(ns / own.ns) + own.name
}

function ownUnit(ns: number): TimeUnit {
  return UNITS.findLast((unit) => ns >= unit.ns) ?? UNITS[0]
}

function exponential(value: number): string {
  return value.toExponential(2).replace('e+', 'e')
}

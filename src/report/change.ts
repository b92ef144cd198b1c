/** A ratio as the change that a reader looks for: 1.052 is `+5.2 %`. */
import { UNKNOWN, significant } from './number.js'

/** From here on percents mislead: ten times as slow is not "900 %". */
const AS_FACTOR = 10
/** Below it one decimal would make a change look like none. */
const LEAST_DECIMAL_PERCENT = 0.05

/** @param ratio after divided by before; null and what is no number are unknown */
export function change(ratio: number | null): string {
  if (ratio === null || !Number.isFinite(ratio)) return UNKNOWN
  if (ratio >= AS_FACTOR) return `${significant(ratio)}x`
  const percent = (ratio - 1) * 100
  const size = Math.abs(percent)
  if (size === 0) return '0 %'
  const digits = size < LEAST_DECIMAL_PERCENT ? String(Number(size.toPrecision(1))) : size.toFixed(1)
  return `${percent < 0 ? '-' : '+'}${digits} %`
}

/** `+3.9..+6.1 %` */
export function changeInterval(low: number, high: number): string {
  const [from, to] = [change(low), change(high)]
  const unit = ' %'
  return from.endsWith(unit) && to.endsWith(unit) ? `${from.slice(0, -unit.length)}..${to}` : `${from}..${to}`
}

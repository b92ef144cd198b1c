import { UsageError } from '../contract/usageError.js'
import { asTyped } from '../harness/quote.js'

const SECONDS = { s: 1, m: 60, h: 3600 }
const LEAST_SECONDS = 10
const MOST_SECONDS = 24 * 3600

/** `90s`, `5m`, `1h`. @returns seconds */
export function parseBudget(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([smh])$/.exec(text)
  const seconds = match === null ? NaN : Number(match[1]) * SECONDS[match[2] as keyof typeof SECONDS]
  if (seconds >= LEAST_SECONDS && seconds <= MOST_SECONDS) return Math.round(seconds)
  const reason = match === null ? 'not a time' : `outside ${LEAST_SECONDS}s to ${MOST_SECONDS / 3600}h`
  throw new UsageError(`--budget ${asTyped(text)}`, reason, [], 'for example --budget 90s, 5m or 1h')
}

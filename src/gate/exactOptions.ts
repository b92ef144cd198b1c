import { UsageError } from '../contract/usageError.js'
import { asTyped } from '../harness/quote.js'
import { unknownName } from '../harness/spec.js'
import { METRICS } from './baselineRow.js'
import type { TolerancePercent } from './exact.js'

/** The options of tier 1, as typed. */
export interface ExactOptions {
  baseline?: string
  cells?: string
  /** `METRIC=PERCENT` each. */
  tolerance?: string[]
  update?: boolean
}

const FORM = 'write METRIC=PERCENT, for example --tolerance elapsed_ns=0.5'

/** @param declared holds for the metrics that are not typed */
export function parseTolerances(typed: readonly string[], declared: TolerancePercent): TolerancePercent {
  const given: TolerancePercent = {}
  for (const text of typed) {
    const thing = `--tolerance ${asTyped(text)}`
    const [, name, percent] = /^([^=]*)=(.*)$/s.exec(text) ?? []
    if (name === undefined || percent === undefined)
      throw new UsageError(thing, 'it is not METRIC=PERCENT', [], FORM)
    const metric = METRICS.find((known) => known === name)
    if (metric === undefined) throw unknownName(thing, 'metric', name, METRICS)
    if (metric in given) throw new UsageError(thing, `${metric} is given twice`, [], 'give it once')
    given[metric] = parsePercent(thing, percent)
  }
  return { ...declared, ...given }
}

function parsePercent(thing: string, text: string): number {
  const percent = Number(text)
  if (/^\d+(\.\d+)?$/.test(text) && Number.isFinite(percent)) return percent
  throw new UsageError(thing, `${asTyped(text)} is not a number of percent, 0 or more`, [], FORM)
}

/** @throws UsageError where the options contradict each other */
export function refuseContradictions({ update, cells }: ExactOptions): void {
  if (update !== true || cells === undefined) return
  const reason = 'a baseline is rewritten as a whole, or it would be of two trees'
  throw new UsageError('--update with --cells', reason, [], 'leave out --cells')
}

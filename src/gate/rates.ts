import { clopperPearson } from '../stats/clopperPearson.js'
import type { CertificationRow } from '../records/certificationColumns.js'

const CONFIDENCE = 0.95

/** How often gate runs on builds of one difference ended how. */
export interface Rate {
  injectedPercent: number
  runs: number
  regression: number
  pass: number
  inconclusive: number
  /** Share of `regression` in the runs that were conclusive, with its bounds; null where none was. */
  rate: number | null
  low: number | null
  high: number | null
}

/** By injected slowdown, none first: there the rate is that of false alarms, elsewhere that of detection. */
export function ratesOf(rows: readonly CertificationRow[]): Rate[] {
  const effects = [...new Set(rows.map((row) => row.injected_percent))].sort((a, b) => a - b)
  return effects.map((injectedPercent) => {
    const own = rows.filter((row) => row.injected_percent === injectedPercent)
    // Of what was injected only the calibrated cell says what it costs: others that it reaches lose more.
    const outcomes = own.map((row) => (injectedPercent === 0 ? row.outcome : row.calibrated))
    const count = (outcome: string): number => outcomes.filter((one) => one === outcome).length
    const regression = count('regression')
    const conclusive = own.length - count('inconclusive')
    const interval = clopperPearson(regression, conclusive, CONFIDENCE)
    return {
      injectedPercent,
      runs: own.length,
      regression,
      pass: count('pass'),
      inconclusive: count('inconclusive'),
      rate: conclusive === 0 ? null : regression / conclusive,
      low: interval?.low ?? null,
      high: interval?.high ?? null,
    }
  })
}

import { medianInterval } from '../../src/stats/medianInterval.js'
import { quantile } from '../../src/stats/quantile.js'
import type { SideRow } from './suite.js'
import { targetText, verdictOn, type Verdict } from './target.js'

/** What all processes together have found of one side. */
export interface SuiteRow {
  suite: string
  task: string
  operation: string
  unit: SideRow['unit']
  /** One of each process, in their order. */
  values: number[]
  ratios: number[]
  /** Medians over the processes. */
  value: number
  per_second: number | null
  against: string | null
  ratio: number | null
  /** Interval for the median ratio; null below three processes. */
  ratio_low: number | null
  ratio_high: number | null
  coverage: number | null
  /** In all processes together. */
  rounds: number
  target: string | null
  met: Verdict | null
}

/**
 * A process is one observation, however many rounds it has run: what V8 has compiled and where memory
 * lies stays for its whole life, so that its rounds agree with each other more than with those of the
 * next process, and an interval over them would be narrow and wrong.
 * @param processes the rows of each process that has run the suite: the same sides in the same order
 */
export function combine(processes: readonly (readonly SideRow[])[]): SuiteRow[] {
  const [first = []] = processes
  return first.map((side, at) => {
    const rows = processes.map((process) => process[at])
    if (rows.some((row) => row.task !== side.task))
      throw new Error(`suite ${side.suite} has changed its sides`)
    const values = rows.map((row) => row.value)
    const ratios = rows.flatMap((row) => row.ratio ?? [])
    const rates = side.unit === 'ns' ? values.map((ns) => 1e9 / ns) : []
    const interval = medianInterval(ratios)
    return {
      suite: side.suite,
      task: side.task,
      operation: side.operation,
      unit: side.unit,
      values,
      ratios,
      value: quantile(values, 0.5) ?? NaN,
      per_second: quantile(rates, 0.5),
      against: side.against,
      ratio: quantile(ratios, 0.5),
      ratio_low: interval?.low ?? null,
      ratio_high: interval?.high ?? null,
      coverage: interval?.coverage ?? null,
      rounds: rows.reduce((sum, row) => sum + row.rounds, 0),
      target: side.target === null ? null : targetText(side.target, side.unit),
      met:
        side.target === null
          ? null
          : verdictOn(side.target, {
              ratio: interval,
              rate: medianInterval(rates),
              value: medianInterval(values),
            }),
    }
  })
}

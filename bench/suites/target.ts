import type { MedianInterval } from '../../src/stats/medianInterval.js'
import type { SideRow, Target } from './suite.js'

/** An interval that is wider, on either side, has room for 1 because it has room for anything. A proposal. */
const SAME_WITHIN = 1.25

/** `open`: the interval is compatible with the target, and with its opposite. */
export type Verdict = 'yes' | 'no' | 'open'

/** What the processes have found of one side: the intervals of its ratio, its rate and its value. */
export interface Found {
  readonly ratio: MedianInterval | null
  readonly rate: MedianInterval | null
  readonly value: MedianInterval | null
}

export function targetText(target: Target, unit: SideRow['unit']): string {
  switch (target.kind) {
    case 'same':
      return 'has 1x'
    case 'ratio':
      return `<= ${target.most}x`
    case 'rate':
      return `>= ${target.least / 1e6} M/s`
    case 'value':
      return `<= ${target.most} ${unit}`
    default:
      throw new Error(`no such target: ${String(target satisfies never)}`)
  }
}

/**
 * What the interval says, never the median alone: that lies on one side of any target.
 * @returns null where there is no interval
 */
export function verdictOn(target: Target, { ratio, rate, value }: Found): Verdict | null {
  switch (target.kind) {
    case 'same':
      if (ratio === null) return null
      if (ratio.low > 1 || ratio.high < 1) return 'no'
      return ratio.low >= 1 / SAME_WITHIN && ratio.high <= SAME_WITHIN ? 'yes' : 'open'
    case 'ratio':
      return judge(target.most, ratio)
    case 'value':
      return judge(target.most, value)
    case 'rate':
      return judge(-target.least, rate && { low: -rate.high, high: -rate.low })
    default:
      throw new Error(`no such target: ${String(target satisfies never)}`)
  }
}

function judge(most: number, interval: Pick<MedianInterval, 'low' | 'high'> | null): Verdict | null {
  if (interval === null) return null
  if (interval.high <= most) return 'yes'
  return interval.low > most ? 'no' : 'open'
}

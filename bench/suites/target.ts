import type { MedianInterval } from '../../src/stats/medianInterval.js'
import type { SideRow, Target } from './suite.js'

/** `open`: the interval has the target inside, so that either could be true. */
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
      return ratio.low <= 1 && 1 <= ratio.high ? 'yes' : 'no'
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

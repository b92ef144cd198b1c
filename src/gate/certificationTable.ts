import { ratesOf, type Rate } from './rates.js'
import type { CertificationRow } from '../records/certificationColumns.js'

const HEAD = ['injected', 'gate runs', 'regression', 'pass', 'inconclusive', 'rate', '95 % bounds']

/** What has been certified so far, as rows of text: for the terminal and for docs/certification.md. */
export function certificationTable(rows: readonly CertificationRow[]): string[][] {
  return [HEAD, ...ratesOf(rows).map(rowOf)]
}

function rowOf(rate: Rate): string[] {
  return [
    rate.injectedPercent === 0 ? 'nothing' : `${rate.injectedPercent} %`,
    ...[rate.runs, rate.regression, rate.pass, rate.inconclusive].map(String),
    percent(rate.rate),
    rate.low === null || rate.high === null ? '-' : `${percent(rate.low)} to ${percent(rate.high)}`,
  ]
}

function percent(share: number | null): string {
  return share === null ? '-' : `${(share * 100).toFixed(1)} %`
}

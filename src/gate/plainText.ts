import { alignedTable } from '../report/alignedTable.js'
import { UNKNOWN } from '../report/number.js'
import type { ExactVerdict } from './verdict.js'

const HEAD = ['', 'cell', 'oracle', 'metric', 'before', 'after', 'ratio']
const TEXT_COLUMNS = new Set([0, 1, 2, 3])

/** A verdict of tier 1 for people, without colour. */
export function plainText(verdict: ExactVerdict): string {
  const { outcome, reason, remedy, findings, violations } = verdict
  const rows = findings.map(({ kind, cell, oracle, metric, before, after, ratio }) => [
    kind,
    cell,
    oracle,
    metric,
    String(before ?? UNKNOWN),
    String(after ?? UNKNOWN),
    // In full: virtual time can differ in the last of many digits.
    String(ratio ?? UNKNOWN),
  ])
  const parts = [
    `${outcome}: ${reason}\n${remedy === '' ? '' : `${remedy}\n`}`,
    ...violations.map((violation) => `${violation.trimEnd()}\n`),
    ...(rows.length === 0 ? [] : [alignedTable([HEAD, ...rows], TEXT_COLUMNS)]),
  ]
  return parts.join('\n')
}

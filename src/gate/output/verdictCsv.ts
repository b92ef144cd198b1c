/** verdict.csv: one row for each finding or cell; never none, so that the verdict is in every file. */
import { SCHEMA_VERSION } from '../../records/columns.js'
import { csvText } from '../../records/csvText.js'
import {
  EXACT_VERDICT_COLUMNS,
  type ExactVerdictRow,
  WALL_CLOCK_VERDICT_COLUMNS,
  type WallClockVerdictRow,
} from '../../records/verdictColumns.js'
import type { CellVerdict, Comparison, ExactFinding, Verdict } from '../verdict.js'

/** UTF-8, LF, a header line; columns as in docs/columns.md. */
export function verdictCsv(verdict: Verdict): string {
  if (verdict.tier === 'exact') {
    const findings = verdict.findings.length === 0 ? [null] : verdict.findings
    return csvText(
      EXACT_VERDICT_COLUMNS,
      findings.map((finding) => exactRow(verdict, finding)),
    )
  }
  const cells = verdict.cells.length === 0 ? [null] : verdict.cells
  return csvText(
    WALL_CLOCK_VERDICT_COLUMNS,
    cells.map((cell) => wallClockRow(verdict, cell)),
  )
}

function wholeOf({ tier, outcome, reason }: Verdict) {
  return { schema_version: SCHEMA_VERSION, tier, verdict: outcome, verdict_reason: reason }
}

function exactRow(verdict: Verdict, finding: ExactFinding | null): ExactVerdictRow {
  return {
    ...wholeOf(verdict),
    kind: finding?.kind ?? '',
    cell: finding?.cell ?? '',
    oracle: finding?.oracle ?? '',
    metric: finding?.metric ?? '',
    before: String(finding?.before ?? ''),
    after: String(finding?.after ?? ''),
    ratio: figure(finding?.ratio),
  }
}

function wallClockRow(verdict: Verdict, cell: CellVerdict | null): WallClockVerdictRow {
  return {
    ...wholeOf(verdict),
    cell: cell?.cell ?? '',
    outcome: cell?.outcome ?? '',
    reason: cell?.reason ?? '',
    base_ns: figure(cell?.baseNs),
    head_ns: figure(cell?.headNs),
    ...comparison('', cell?.batch),
    ...comparison('control_', cell?.control),
    ...comparison('confirmation_', cell?.confirmation),
    detectable_ratio: figure(cell?.detectable),
    target_ratio: figure(cell?.target),
  }
}

type ComparisonRow<Prefix extends string> = {
  readonly [
    Name in
      | 'ratio'
      | 'ratio_low'
      | 'ratio_high'
      | 'coverage'
      | 'processes'
      | 'p'
      | 'p_adjusted' as `${Prefix}${Name}`
  ]: number | null
}

function comparison<const Prefix extends string>(
  prefix: Prefix,
  found: Comparison | null | undefined,
): ComparisonRow<Prefix> {
  const row = {
    [`${prefix}ratio`]: figure(found?.ratio),
    [`${prefix}ratio_low`]: figure(found?.low),
    [`${prefix}ratio_high`]: figure(found?.high),
    [`${prefix}coverage`]: figure(found?.coverage),
    [`${prefix}processes`]: figure(found?.processes),
    [`${prefix}p`]: figure(found?.p),
    [`${prefix}p_adjusted`]: figure(found?.pAdjusted),
  }
  // The compiler takes computed names for any text; csvText refuses a row that lacks one.
  return row as ComparisonRow<Prefix>
}

/** What is no number is unknown: the file knows no NaN. */
function figure(value: number | null | undefined): number | null {
  return value === null || value === undefined || !Number.isFinite(value) ? null : value
}

/** A verdict for a terminal: the verdict first and last, between them what it rests on. */
import type { ExactVerdict, Verdict, WallClockVerdict } from '../../gate/verdict.js'
import { change } from '../change.js'
import { alarm } from '../colour.js'
import { TABLE_WIDTH } from '../table.js'
import { wrap } from '../wrap.js'
import { EXACT_LEGEND, exactTable } from './exactTable.js'
import { amount, headline, isAlarm, oneLine, worstFirst } from './verdictWords.js'
import { WALL_CLOCK_LEGEND, unitOf, wallClockTable, worstCellsFirst } from './wallClockTable.js'

/** What fits above the verdict on a screen or two; the files have everything. */
const MOST_ROWS = 40
const MOST_VIOLATIONS = 10
const INDENT = ' '.repeat(4)

export interface VerdictFiles {
  /** Paths, as they are shown. */
  readonly json: string
  readonly csv: string
}

export interface TextOptions extends VerdictFiles {
  /** See colour.ts. */
  readonly colour: boolean
}

export function verdictText(verdict: Verdict, options: TextOptions): string {
  const verdictLine = alarmed(headline(verdict), options.colour && isAlarm(verdict))
  const parts = [
    verdictLine,
    violations(verdict, options),
    verdict.tier === 'exact' ? exactPart(verdict, options) : wallClockPart(verdict, options),
    verdict.remedy === '' ? '' : paragraph(verdict.remedy),
    verdictLine,
  ]
  return parts.filter((part) => part !== '').join('\n')
}

/** One sentence on what was judged; `Markdown` shows the same. */
export function scope(verdict: Verdict): string {
  if (verdict.tier === 'exact') {
    return `${amount(verdict.cellCount, 'cell')} run, ${amount(verdict.comparedCount, 'figure')} compared.`
  }
  const { base, head, target, leastRatio, alpha, budgetSeconds, seed } = verdict
  const ref = base.ref === base.commit ? '' : ` (${oneLine(base.ref)})`
  const tree = head.dirty === true ? ', with changes that are not committed' : ''
  return (
    `Base ${short(base.commit)}${ref}, head ${short(head.commit)}${tree}. Looked for ${change(target)}; slower is above ` +
    `${change(leastRatio)} and significant at ${alpha} in two batches. Budget ${budgetSeconds} s, seed ${seed}.`
  )
}

function short(commit: string | null): string {
  return commit === null ? 'of unknown commit' : oneLine(commit).slice(0, 12)
}

/** As they are: a command in one must stay one that can be copied. */
function violations({ violations: found }: Verdict, { json, colour }: TextOptions): string {
  if (found.length === 0) return ''
  const lines = found
    .slice(0, MOST_VIOLATIONS)
    .flatMap((violation) => violation.split(/\r?\n/).map((line) => INDENT + oneLine(line)))
  const more = moreLine(found.length - MOST_VIOLATIONS, json)
  return `${alarmed(`violations: ${found.length.toLocaleString('en-US')}`, colour)}${lines.join('\n')}\n${more}`
}

function exactPart(verdict: ExactVerdict, { csv }: TextOptions): string {
  const findings = worstFirst(verdict.findings)
  if (findings.length === 0) return `${scope(verdict)}\n`
  const more = moreLine(findings.length - MOST_ROWS, csv)
  return `${scope(verdict)}\n\n${exactTable(findings.slice(0, MOST_ROWS))}${more}\n${EXACT_LEGEND}\n`
}

function wallClockPart(verdict: WallClockVerdict, { csv, json }: TextOptions): string {
  const cells = worstCellsFirst(verdict.cells)
  const more = moreLine(cells.length - MOST_ROWS, csv)
  const table =
    cells.length === 0
      ? ''
      : `\n${wallClockTable(cells.slice(0, MOST_ROWS), unitOf(verdict))}${more}\n${WALL_CLOCK_LEGEND}\n`
  const warnings = verdict.warnings.slice(0, MOST_ROWS).map((warning) => paragraph(`warning: ${warning}`))
  const moreWarnings = moreLine(verdict.warnings.length - MOST_ROWS, json)
  return `${paragraph(scope(verdict))}${table}${warnings.length === 0 ? '' : '\n'}${warnings.join('')}${moreWarnings}`
}

function moreLine(count: number, file: string): string {
  return count > 0 ? `and ${count.toLocaleString('en-US')} more in ${oneLine(file)}\n` : ''
}

function paragraph(text: string): string {
  return wrap(oneLine(text), TABLE_WIDTH)
    .map((line) => `${line}\n`)
    .join('')
}

function alarmed(line: string, colour: boolean): string {
  return `${alarm(line, colour)}\n`
}

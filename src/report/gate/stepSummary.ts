/** A verdict as Markdown for the summary page of a GitHub Actions step. */
import type {
  CellVerdict,
  ExactFinding,
  ExactVerdict,
  Verdict,
  WallClockVerdict,
} from '../../gate/verdict.js'
import type { TimeUnit } from '../number.js'
import { EXACT_HEADINGS, EXACT_LEGEND, EXACT_TEXT_COLUMNS, exactCells } from './exactTable.js'
import {
  escapeMarkdown,
  escapeParagraph,
  fitSections,
  markdownHead,
  markdownRow,
  type Section,
} from './markdown.js'
import { scope, type VerdictFiles } from './verdictText.js'
import { decisive, worstFirst } from './verdictWords.js'
import {
  unitOf,
  WALL_CLOCK_LEGEND,
  WALL_CLOCK_TEXT_COLUMNS,
  wallClockCells,
  wallClockHeadings,
  wallClockNote,
  worstCellsFirst,
} from './wallClockTable.js'

/**
 * @param budgetBytes the most that it may take
 * @returns null where not even the verdict fits: half of it would be worse than none
 */
export function stepSummary(verdict: Verdict, files: VerdictFiles, budgetBytes: number): string | null {
  const head = summaryHead(`${verdict.tier} tier: ${verdict.outcome}`, verdict.reason, [
    verdict.remedy,
    scope(verdict),
  ])
  const legend = `<sub>${escapeMarkdown(verdict.tier === 'exact' ? EXACT_LEGEND : WALL_CLOCK_LEGEND)}</sub>\n`
  const left = budgetBytes - Buffer.byteLength(head)
  if (left < 0) return null
  const sections = [
    ...violationsSection(verdict, files),
    ...(verdict.tier === 'exact' ? exactSections(verdict, files) : wallClockSections(verdict, files)),
  ]
  if (sections.length === 0 || left < Buffer.byteLength(legend)) return head
  return head + fitSections(sections, left - Buffer.byteLength(legend)) + legend
}

/** Heading, reason and further paragraphs: what is never cut. */
export function summaryHead(title: string, reason: string, paragraphs: readonly string[]): string {
  const texts = paragraphs.filter((text) => text !== '').map((text) => `${escapeParagraph(text)}\n\n`)
  return `## Performance gate, ${escapeMarkdown(title)}\n\n**${escapeMarkdown(reason)}**\n\n${texts.join('')}`
}

function violationsSection({ violations }: Verdict, { json }: VerdictFiles): Section[] {
  if (violations.length === 0) return []
  const rows = violations.map((violation) => `- ${escapeParagraph(violation)}\n`)
  return [{ before: '### Violations\n\n', rows, after: '\n', rowsAre: 'violations', allIn: json }]
}

function exactSections({ findings }: ExactVerdict, { csv }: VerdictFiles): Section[] {
  const top = decisive(findings)
  const shown = new Set(top)
  const rest = worstFirst(findings).filter((finding) => !shown.has(finding))
  const head = markdownHead(EXACT_HEADINGS, EXACT_TEXT_COLUMNS)
  const table = (all: readonly ExactFinding[]) => all.map((finding) => markdownRow(exactCells(finding)))
  const common = { rowsAre: 'rows', allIn: csv }
  return [
    ...(top.length === 0 ? [] : [{ before: head, rows: table(top), after: '\n', ...common }]),
    ...(rest.length === 0
      ? []
      : [{ ...folded(`Other differences (${rest.length})`, head), rows: table(rest), ...common }]),
  ]
}

function wallClockSections(verdict: WallClockVerdict, { csv, json }: VerdictFiles): Section[] {
  const cells = worstCellsFirst(verdict.cells)
  const unit = unitOf(verdict)
  const head = markdownHead(wallClockHeadings(unit), WALL_CLOCK_TEXT_COLUMNS)
  const notesHead = markdownHead(['cell', 'control, second batch, reason'], new Set([0, 1]))
  const common = { rowsAre: 'rows', allIn: csv }
  return [
    ...(cells.length === 0
      ? []
      : [
          { before: head, rows: cells.map((cell) => cellRow(cell, unit)), after: '\n', ...common },
          { ...folded('Controls and reasons', notesHead), rows: cells.map(noteRow), ...common },
        ]),
    ...(verdict.warnings.length === 0
      ? []
      : [
          {
            ...folded(`Warnings (${verdict.warnings.length})`, ''),
            rows: verdict.warnings.map((warning) => `- ${escapeParagraph(warning)}\n`),
            rowsAre: 'warnings',
            allIn: json,
          },
        ]),
  ]
}

function cellRow(cell: CellVerdict, unit: TimeUnit): string {
  return markdownRow(wallClockCells(cell, unit))
}

function noteRow(cell: CellVerdict): string {
  return markdownRow([cell.cell, wallClockNote(cell)])
}

/** The empty line after the summary is what makes GitHub read Markdown inside. */
function folded(title: string, head: string): { before: string; after: string } {
  return {
    before: `<details><summary>${escapeMarkdown(title)}</summary>\n\n${head}`,
    after: '\n</details>\n\n',
  }
}
